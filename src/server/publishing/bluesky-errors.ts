import { toInstant, type Instant } from '#server/platform/clock.ts'
import { answerMessage, type HttpAnswer } from '#server/platform/http.ts'
import { NetworkError, type NextStep } from '#server/platform/network.ts'
import { parseJson } from './network-answers.ts'

/** A PDS's refusal: `{ error, message }`. */
export interface Refusal {
  readonly error: string
  readonly message: string
}

/** Reads a refusal; an answer that is not the protocol's (a proxy's page) has an empty name. */
export function readRefusal(answer: HttpAnswer): Refusal {
  const parsed = parseJson(answer)
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 300) : '')
  return { error: text(parsed?.['error']), message: text(parsed?.['message']) }
}

/** An access token that is spent or unknown answers 400 at a PDS, not 401. */
export function isSpentToken(answer: HttpAnswer): boolean {
  return (
    (answer.status === 400 || answer.status === 401) &&
    ['ExpiredToken', 'InvalidToken'].includes(readRefusal(answer).error)
  )
}

const accountErrors = [
  'AuthenticationRequired',
  'AuthMissing',
  'AccountTakedown',
  'AccountDeactivated',
  'AuthFactorTokenRequired',
  'RepoDeactivated',
  'RepoTakendown',
  'ExpiredToken',
  'InvalidToken',
]

/**
 * What to do after an answer that is not a success. A 5xx of a write is `outcome_unknown`: the commit may stand although
 * its answer failed. The sentence names the network's own words and never what was sent.
 */
export function toNetworkError(answer: HttpAnswer, writes: boolean): NetworkError {
  const { error, message } = readRefusal(answer)
  const words = [error, message].filter((part) => part !== '').join(': ') || `status ${answer.status}`
  return new NetworkError(nextStepOf(answer.status, error, writes), `Bluesky refused (${words}).`, {
    retryAt: answer.status === 429 ? retryAt(answer) : undefined,
    responseBytes: answerMessage(answer),
  })
}

function nextStepOf(status: number, error: string, writes: boolean): NextStep {
  if (status === 429) return 'retry_later'
  if (status >= 500) return writes ? 'outcome_unknown' : 'retry_later'
  if (status === 401 || status === 403 || accountErrors.includes(error)) return 'reauthorise'
  return 'rejected'
}

/** When the rate limit opens again: `ratelimit-reset` is in epoch seconds. */
function retryAt(answer: HttpAnswer): Instant | undefined {
  const seconds = Number(answer.headers['ratelimit-reset'])
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < 1e11 ? toInstant(seconds * 1000) : undefined
}
