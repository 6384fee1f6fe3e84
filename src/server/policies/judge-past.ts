import { weighPost } from './evaluate-post.ts'
import type { Verdict } from './finding.ts'
import type { CompiledPolicy } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'
import { addJudged, addVerdict, emptyTally, type Judgements, type Tally } from './simulation-tally.ts'

/** What was found of a post, of which it is known that the draft finds the same. */
export interface StandingFindings {
  /** The rule of each finding. */
  readonly rules: readonly string[]
  /** Approvals of all stages together. */
  readonly approvals: number
}

/** Some decisions of the past, in columns of one length. */
export interface PastPosts {
  readonly ids: readonly string[]
  /** As they were judged: objects, or JSON text. Of one with a verdict that stands under the draft, what was found. */
  readonly inputs: readonly (PolicyInput | string | StandingFindings)[]
  /** The recorded verdict of each, or null to ask the base policy. */
  readonly verdicts: readonly (Verdict | null)[]
  /** When the first of them was judged, where that is known. */
  readonly firstAt?: string | undefined
  /** What reviewers said of those among `ids` that have closed reviews. */
  judgementsOf(ids: readonly string[]): ReadonlyMap<string, Judgements> | Promise<ReadonlyMap<string, Judgements>>
}

export interface ComparedPolicies {
  readonly draft: CompiledPolicy
  /** Asked where a post has no recorded verdict. */
  readonly base?: CompiledPolicy | undefined
}

/**
 * Judges past posts anew under the draft, in their order, but for those whose verdict stands. One whose input cannot be judged
 * counts as `review`: it would wait. Reviewers' words are asked for only where the draft finds something.
 */
export async function judgePast(policies: ComparedPolicies, posts: PastPosts): Promise<Tally> {
  const tally = emptyTally(posts.firstAt)
  const found = new Map<string, readonly string[]>()
  for (const [place, id] of posts.ids.entries()) {
    const known = posts.verdicts[place] ?? null
    const given = posts.inputs[place]!
    const isStanding = typeof given === 'object' && 'approvals' in given
    const outcome = isStanding ? toOutcome(known!, given) : judgeOne(policies, given, known)
    if (isStanding) tally.kept++
    if (outcome === undefined) {
      tally.failed++
      addVerdict(tally, id, known, 'review')
      continue
    }
    addVerdict(tally, id, outcome.before, outcome.after)
    tally.approvals += outcome.approvals
    for (const ruleId of outcome.rules) tally.hitsByRule[ruleId] = (tally.hitsByRule[ruleId] ?? 0) + 1
    if (outcome.rules.length > 0) found.set(id, outcome.rules)
  }
  if (found.size === 0) return tally
  const said = await posts.judgementsOf([...found.keys()])
  for (const [id, judgements] of said) for (const ruleId of found.get(id) ?? []) addJudged(tally, ruleId, judgements)
  return tally
}

interface Outcome {
  readonly before: Verdict | null
  readonly after: Verdict
  /** The rule of each finding of the draft. */
  readonly rules: readonly string[]
  /** Approvals that the draft asks for: none of a post that it blocks. */
  readonly approvals: number
}

function toOutcome(verdict: Verdict, { rules, approvals }: StandingFindings): Outcome {
  return { before: verdict, after: verdict, rules, approvals: verdict === 'block' ? 0 : approvals }
}

function judgeOne(
  { draft, base }: ComparedPolicies,
  given: PolicyInput | string,
  known: Verdict | null,
): Outcome | undefined {
  try {
    const input = typeof given === 'string' ? (JSON.parse(given) as PolicyInput) : given
    const { verdict, findings, requiredStages } = weighPost(draft, input)
    return {
      before: known ?? (base === undefined ? null : weighPost(base, input).verdict),
      after: verdict,
      rules: findings.map(({ ruleId }) => ruleId),
      approvals: verdict === 'block' ? 0 : requiredStages.reduce((sum, { need }) => sum + need, 0),
    }
  } catch {
    return undefined
  }
}
