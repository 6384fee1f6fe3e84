import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemActor } from '#server/platform/actor.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { keepNeighbours } from '#server/reviews/keep-neighbours.ts'
import { findNthJudged } from '#server/reviews/precision-queries.ts'
import { readNeighbours } from '#server/reviews/read-neighbours.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { Finding } from '#server/policies/finding.ts'
import type { Post } from '#shared/api/posts.ts'
import type { getSimulation, readPrecision } from '#shared/api/simulations.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

type Rules = AnswerOf<typeof readPrecision>['rules']

async function judge(reviewer: SignedIn, post: Post, right: boolean): Promise<void> {
  const review = post.reviews[0]!
  const answer = await reviewer.post(`/api/reviews/${review.reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
    findingJudgements: { outlook: right },
  })
  assert.equal(answer.statusCode, 200, answer.body)
}

test('The precision of a rule is what reviewers said; its suggested exclusion spares the false hits in a simulation', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada, ines] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
  ]
  const spared = [
    await submit(camille, profileId, 'We moved to Microsoft Outlook today.'),
    await submit(camille, profileId, 'Write to us with Microsoft Outlook or by hand.'),
  ]
  const true1 = await submit(camille, profileId, 'The outlook for rates is good.')
  await submit(camille, profileId, 'An outlook that nobody has judged.')
  const [first] = spared
  assert.equal((await ines.post(`/api/reviews/${first!.reviews[0]!.reviewId}/claim`)).statusCode, 200)
  gateway.clock.advance(4 * 60_000)
  for (const post of spared) await judge(ines, post, false)
  await judge(ines, true1, true)
  gateway.clock.advance(1_000)

  const answer = await ada.get('/api/policies/precision')
  assert.equal(answer.statusCode, 200, answer.body)
  assert.deepEqual(answer.json<{ rules: Rules }>().rules, [
    {
      ruleId: 'outlook',
      hits: 4,
      judgedTrue: 1,
      judgedFalse: 2,
      precision: 1 / 3,
      reviewerMinutes: 4,
      exclusions: [{ unless: 'microsoft outlook', falseHits: 2 }],
    },
  ])
  const later = await ada.get(`/api/policies/precision?from=${gateway.clock.now()}`)
  assert.deepEqual(later.json<{ rules: Rules }>().rules, [])

  const asked = await ada.post('/api/policies/simulations', {
    exclusions: [{ ruleId: 'outlook', unless: 'microsoft outlook' }],
  })
  assert.equal(asked.statusCode, 202, asked.body)
  await runSimulations(gateway)
  const { report } = (
    await ada.get(`/api/policies/simulations/${asked.json<{ simulationId: string }>().simulationId}`)
  ).json<AnswerOf<typeof getSimulation>>()
  assert.deepEqual(report!.rules, [{ ruleId: 'outlook', hits: 2, judgedTrue: 1, judgedFalse: 0, precision: 1 }])
  assert.deepEqual(report!.matrix.review, { pass: 2, review: 2, block: 0 })
  assert.match(report!.assumption, /^4 minutes an approval \(the mean from claim to decision of 1 decisions/)
})

test('Words beside a hit that ends within a sign of two halves can be kept', () => {
  const finding = {
    ruleId: 'x',
    severity: 'note',
    message: { en: '', fr: '' },
    spans: [{ field: 'text', start: 4, end: 6 }],
  } as const
  const [before = ''] = readNeighbours({
    text: 'our 🎉🎉 day',
    ruleId: 'x',
    findings: [{ ...finding, spans: [{ ...finding.spans[0], end: 7 }] }],
  })
  assert.ok(before.startsWith('our 🎉') && before.isWellFormed())
  assert.deepEqual(readNeighbours({ text: 'our 🎉 day', ruleId: 'x', findings: [finding] }), ['our 🎉', '🎉 day'])
})

test('An exclusion for a rule that is not there is refused', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const answer = await ada.post('/api/policies/simulations', { exclusions: [{ ruleId: 'nothing', unless: 'x' }] })
  assert.equal(answer.statusCode, 422)
})

/** Two rules for reviewers and a block; an outlook is approved by two, anything else by one. */
const policy = testPolicy.map(({ path, text }) => ({
  path,
  text: text
    .replace(
      'routes:\n',
      `  - { id: rates, severity: review, any: ['rates'], message: { en: Rates., fr: Taux. }, tests: [{ hit: "⟦rates⟧" }, { pass: x }] }
routes:
  - { when: 'findings.exists(f, f.ruleId == "outlook")', stages: [{ name: compliance, need: 2 }] }\n`,
    )
    .replace('severity: block', 'severity: review'),
}))

/** What the rows of verdicts, reviews and decisions say, reckoned without what is kept of them. */
async function countFromRows(
  { db }: TestGateway,
  { unit, from = '', to = '9999' }: { unit?: string; from?: string | undefined; to?: string | undefined },
): Promise<Rules> {
  const verdicts = (
    await db
      .selectFrom('policy_evaluation as e')
      .innerJoin('post_revision as r', 'r.id', 'e.revision_id')
      .innerJoin('post as p', 'p.id', 'r.post_id')
      .select([
        'e.id',
        'e.revision_id as revisionId',
        'e.evaluated_at as at',
        'e.findings',
        'r.text',
        'p.unit_id as unitId',
      ])
      .where('e.handed_in', '=', true)
      .orderBy('e.evaluated_at')
      .orderBy('e.id')
      .execute()
  ).filter((row) => row.at < to && (unit === undefined || row.unitId === unit))
  const decisions = await db
    .selectFrom('review_decision as d')
    .innerJoin('review as v', 'v.id', 'd.review_id')
    .selectAll('d')
    .select(['v.revision_id as revisionId', 'v.closed_at', 'v.claimed_by', 'v.claimed_until'])
    .orderBy('d.decided_at')
    .orderBy('d.id')
    .execute()
  const rules = new Map<string, { hits: number; right: string[][]; wrong: string[][]; minutes: number }>()
  for (const verdict of new Map(verdicts.map((row) => [row.revisionId, row])).values()) {
    if (verdict.at < from) continue
    const findings = verdict.findings as unknown as Finding[]
    const made = decisions.filter((row) => row.revisionId === verdict.revisionId)
    const minutes = made
      .filter((row) => row.claimed_by === row.reviewer_id && row.decided_at <= row.claimed_until!)
      .reduce((sum, row) => sum + 10 - (Date.parse(row.claimed_until!) - Date.parse(row.decided_at)) / 60_000, 0)
    const closed = made.filter((row) => row.closed_at !== null)
    const judgements = Object.assign({}, ...closed.map((row) => row.finding_judgements)) as Record<string, boolean>
    for (const { ruleId } of findings) {
      const rule = rules.get(ruleId) ?? { hits: 0, right: [], wrong: [], minutes: 0 }
      rules.set(ruleId, rule)
      rule.hits += 1
      rule.minutes += minutes / findings.length
      const judged = judgements[ruleId]
      if (judged !== undefined)
        rule[judged ? 'right' : 'wrong'].push(readNeighbours({ text: verdict.text, ruleId, findings }))
    }
  }
  return [...rules].map(([ruleId, { hits, right, wrong, minutes }]) => ({
    ruleId,
    hits,
    judgedTrue: right.length,
    judgedFalse: wrong.length,
    precision: right.length + wrong.length === 0 ? null : right.length / (right.length + wrong.length),
    reviewerMinutes: Math.round(minutes * 10) / 10,
    exclusions: [...Map.groupBy(wrong.flat(), (phrase) => phrase)]
      .filter(([phrase, uses]) => uses.length > 1 && !right.flat().includes(phrase))
      .map(([unless, uses]) => ({ unless, falseHits: uses.length }))
      .toSorted((one, other) => other.falseHits - one.falseHits || (one.unless < other.unless ? -1 : 1))
      .slice(0, 5),
  }))
}

test('What is kept for the report is what the rows say, in every unit and period, however decisions cross', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ada, ines, tom, ruth] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ruth'),
  ]
  const { unit, userId } = (await ruth.get('/api/me')).json<{ unit: { unitId: string }; userId: string }>()
  const made = await ada.post('/api/units', { slug: 'lyon', name: 'Lyon', parentId: unit.unitId })
  const lyon = made.json<{ unitId: string }>().unitId
  await giveRole(gateway, { userId, role: 'author', unitId: lyon })
  await giveRole(gateway, { userId, role: 'policy_owner', unitId: lyon })
  const { profileId: ofLyon } = await registerProfile(gateway, systemActor, {
    network: 'sandbox',
    handle: 'lyon',
    displayName: 'Lyon',
    unitId: lyon,
  })
  await connectProfile(gateway, systemActor, ofLyon, { credential: 'test' })
  await gateway.db.updateTable('app_user').set({ unit_id: lyon }).where('id', '=', userId).execute()
  const report = async (reader: SignedIn, query: Record<string, string | undefined> = {}) => {
    const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const answer = await reader.get(`/api/policies/precision?${new URLSearchParams(set)}`)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json<{ rules: Rules }>().rules
  }
  const byRule = (rules: Rules) => rules.toSorted((one, other) => (one.ruleId < other.ruleId ? -1 : 1))
  const assertKept = async (periods: readonly { from?: string | undefined; to?: string | undefined }[]) => {
    for (const period of periods) {
      assert.deepEqual(byRule(await report(ada, period)), byRule(await countFromRows(gateway, period)))
      const inLyon = await countFromRows(gateway, { ...period, unit: lyon })
      assert.deepEqual(byRule(await report(ruth, period)), byRule(inLyon))
    }
  }

  const texts = [
    'The outlook for rates is good.',
    'We read the outlook in Microsoft Outlook.',
    'Our rates fell, and guaranteed returns with them.',
    'New rates fell on Monday.',
    'No outlook, old rates fell.',
    'We open on Monday.',
  ]
  const places: string[] = []
  const posts: Post[] = []
  for (const [at, text] of [...texts, ...texts].entries()) {
    posts.push(await (at % 3 === 2 ? submit(ruth, ofLyon, text) : submit(camille, profileId, text)))
    gateway.clock.advance(60_000)
    places.push(gateway.clock.now())
  }
  const open = posts.flatMap((post) => post.reviews.map((review) => ({ post, review })))
  for (const [at, { review }] of open.entries())
    await (at % 2 === 0 ? ines : tom).post(`/api/reviews/${review.reviewId}/claim`)
  gateway.clock.advance(3 * 60_000)
  // Two people at once on each review; of those that need one, one of them is late.
  const decide = (reviewer: SignedIn, at: number, right: boolean) => {
    const { post, review } = open[at]!
    const findingJudgements = Object.fromEntries(
      post.findings.map(({ ruleId }, place) => [ruleId, (place + at) % 3 > 0 === right]),
    )
    const outcome = at % 5 === 4 ? 'changes_requested' : 'approved'
    const wish = { outcome, reason: 'Said so.', contentHash: post.contentHash, findingJudgements }
    return reviewer.post(`/api/reviews/${review.reviewId}/decision`, wish)
  }
  const places2 = [undefined, places[3], places[8], places.at(-1)]
  const periods = places2.flatMap((from) => places2.map((to) => ({ from, to })))
  const undecided = 2
  const answers = await Promise.all(
    open.slice(undecided).flatMap((_, at) => [decide(ines, at + undecided, true), decide(tom, at + undecided, false)]),
  )
  assert.ok(answers.filter(({ statusCode }) => statusCode === 200).length >= open.length - undecided)
  await assertKept(periods)
  // A first approval of two counts once the review has closed: here it ends without a second one.
  assert.equal((await decide(ines, 0, false)).statusCode, 200)
  gateway.clock.advance(10 * 60_000)
  assert.equal((await tom.post(`/api/reviews/${open[0]!.review.reviewId}/claim`)).statusCode, 200)
  await assertKept(periods.slice(0, 1))
  assert.equal((await camille.post(`/api/posts/${open[0]!.post.postId}/withdraw`)).statusCode, 200)
  gateway.clock.advance(1_000)
  const before = gateway.clock.now()
  // Pulled back, as a change of policy does, and handed in again: the later verdict counts; for a period that ends before it,
  // the earlier one.
  const { postId } = open[0]!.post
  await gateway.db.updateTable('post').set({ status: 'blocked' }).where('id', '=', postId).execute()
  assert.equal((await camille.post(`/api/posts/${open[0]!.post.postId}/submit`)).statusCode, 200)
  gateway.clock.advance(1_000)
  const ends = [...periods, { to: before }, { from: before }]
  await assertKept(ends)
  const kept = await Promise.all([keepNeighbours(gateway), keepNeighbours(gateway)])
  assert.ok(kept[0] + kept[1] > 10, `${kept.join()} kept`)
  assert.equal(await keepNeighbours(gateway), 0)
  await assertKept(ends)
  const everything = { scope: 'everything', from: null, to: gateway.clock.now() } as const
  const judged = (
    await gateway.db
      .selectFrom('rule_hit')
      .select('found_at as at')
      .where('judged', 'is not', null)
      .where('superseded_at', 'is', null)
      .orderBy('found_at', 'desc')
      .execute()
  ).map(({ at }) => at)
  assert.equal(await findNthJudged(gateway.db, everything, 3), judged[2])
  assert.equal(await findNthJudged(gateway.db, everything, judged.length + 1), null)
  const found = await report(ada)
  assert.ok(
    found.some(({ exclusions }) => exclusions.length > 0) && found.some(({ reviewerMinutes }) => reviewerMinutes > 0),
  )
})
