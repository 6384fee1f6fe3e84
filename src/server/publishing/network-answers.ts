import { HttpError, type HttpAnswer } from '#server/platform/http.ts'
import { NetworkError, type NextStep } from '#server/platform/network.ts'

/** The JSON object of an answer; `undefined` when it is none (a proxy's page, half an answer). */
export function parseJson(answer: HttpAnswer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(answer.bytes).toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** No answer: a write that may have arrived is unknown, everything else may simply be tried again. */
export function toSilence(network: string, error: unknown, writes: boolean): unknown {
  if (!(error instanceof HttpError)) return error
  const nextStep: NextStep = writes && error.mayHaveArrived ? 'outcome_unknown' : 'retry_later'
  return new NetworkError(nextStep, `${network} did not answer: ${error.message}`, { cause: error })
}
