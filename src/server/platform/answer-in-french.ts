import { errorStatus, type ErrorCode } from '#shared/error-code.ts'
import type { App } from './app-type.ts'
import { readLanguage } from './read-language.ts'

/**
 * The fields of our answers that hold a sentence of the server, stored or made now: of problem documents, publications,
 * timelines, incidents, verifications, exports, simulations and readiness. Words of people stand in other fields: a
 * `reason` is theirs, save that of a disposal; a `note` is the program's where it says what the program says.
 */
const sentenceFields = new Set([
  'detail',
  'message',
  'lastError',
  'failure',
  'sentence',
  'because',
  'assumption',
  'disposed.reason',
  'dispositions.reason',
  'note',
])

/**
 * Says the server's sentences in French to whoever asks for French (Accept-Language). The English sentence stays what
 * is stored and sealed; only the answer is said otherwise. The tables are loaded when first needed.
 */
export function registerFrenchAnswers(app: App): void {
  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (payload === null || typeof payload !== 'object' || readLanguage(request) !== 'fr') return payload
    const [{ sayInFrench }, { titles }] = await Promise.all([
      import('./french/say-in-french.ts'),
      import('./french/problems.ts'),
    ])
    return isProblem(payload) ? sayProblem(payload, sayInFrench, titles) : sayFields(payload, sayInFrench)
  })
}

type Say = (sentence: string) => string
type Problem = { readonly code: ErrorCode; readonly detail: string; readonly problems?: readonly FieldProblem[] }
type FieldProblem = { readonly field: string; readonly message: string }

function isProblem(payload: object): payload is Problem {
  return 'code' in payload && 'detail' in payload && String(payload.code) in errorStatus
}

function sayProblem(problem: Problem, say: Say, titles: Readonly<Record<ErrorCode, string>>): object {
  const problems = problem.problems?.map(({ field, message }) => ({ field, message: say(message) }))
  const first = problem.problems?.[0]
  // The validator's detail is made of its first problem.
  const isMade = first !== undefined && problem.detail === `${first.field} ${first.message}.`
  return {
    ...problem,
    title: titles[problem.code],
    detail: isMade ? `${first.field} ${problems![0]!.message}.` : say(problem.detail),
    ...(problems === undefined ? {} : { problems }),
  }
}

/** A copy in which the sentences are French; what holds none is the same object. */
function sayFields(value: unknown, say: Say, parent = ''): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value
    const said = items.map((item) => sayFields(item, say, parent))
    return said.some((item, at) => item !== items[at]) ? said : value
  }
  if (!isPlain(value)) return value
  const changed = Object.entries(value).flatMap(([name, part]) => {
    const isSaid = sentenceFields.has(name) || sentenceFields.has(`${parent}.${name}`)
    const said = typeof part === 'string' ? (isSaid ? say(part) : part) : sayFields(part, say, name)
    return said === part ? [] : [[name, said] as const]
  })
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
