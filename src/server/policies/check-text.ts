import type { Instant } from '#server/platform/clock.ts'
import { evaluatePost } from './evaluate-post.ts'
import { exampleInput, overlayInput } from './example-input.ts'
import type { Finding, Verdict } from './finding.ts'
import type { CompiledPolicy } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'

/** One finding as `policy check --json` tells it. */
type ToldFinding = Pick<Finding, 'ruleId' | 'severity' | 'via' | 'spans'>

/** The answer to one line. */
export type LineAnswer =
  | { readonly id: unknown; readonly verdict: Verdict; readonly findings: readonly ToldFinding[] }
  | { readonly id: unknown; readonly line: number; readonly error: string }

/** Judges one JSON line `{ id, text, lang?, … }`. Never throws: a line that cannot be read answers an error. */
export function answerLine(policy: CompiledPolicy, line: string, number: number, now: () => Instant): LineAnswer {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { id: null, line: number, error: 'This line is not JSON. Write { "id": …, "text": "…" } on one line.' }
  }
  if (!isObject(value))
    return { id: null, line: number, error: 'This line is not an object. Write { "id": …, "text": "…" }.' }
  const id = value['id'] ?? null
  const problem = findProblem(value)
  if (problem !== undefined) return { id, line: number, error: problem }
  try {
    const { verdict, findings } = evaluatePost(policy, inputOf(value, now))
    return {
      id,
      verdict,
      findings: findings.map(({ ruleId, severity, via, spans }) => ({
        ruleId,
        severity,
        ...(via === undefined ? {} : { via }),
        spans,
      })),
    }
  } catch (error) {
    return { id, line: number, error: `This line could not be judged: ${(error as Error).message}` }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const lists = ['topics', 'links', 'media', 'sources', 'thread', 'targets'] as const

function findProblem(value: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof value['text'] !== 'string') return '"text" is missing. Write { "id": …, "text": "…" }.'
  const list = lists.find((name) => value[name] !== undefined && !Array.isArray(value[name]))
  if (list !== undefined) return `"${list}" is not a list. Write "${list}": [ … ].`
  if (value['author'] !== undefined && !isObject(value['author']))
    return '"author" is not an object. Write "author": { … }.'
  const now = value['now']
  if (now !== undefined && (typeof now !== 'string' || Number.isNaN(Date.parse(now))))
    return '"now" is not a time. Write "2026-01-15T10:00:00.000Z".'
  return undefined
}

const postKeys = [
  'communicationClass',
  'static',
  'topics',
  'links',
  'media',
  'sources',
  'scheduledAt',
  'thread',
  'format',
  'audience',
] as const

function inputOf(value: Readonly<Record<string, unknown>>, now: () => Instant): PolicyInput {
  const lang = value['lang'] ?? value['language']
  const given = postKeys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]] as const)
  const post = {
    ...Object.fromEntries(given),
    text: value['text'],
    ...(lang === 'fr' || lang === 'en' ? { language: lang } : {}),
  }
  const { author, targets, libraryItem } = value
  return overlayInput(exampleInput, { post, author, targets, libraryItem, now: value['now'] ?? now() })
}
