import { i18n } from '@lingui/core'
import { t } from '@lingui/core/macro'
import type { ProblemDocument } from '#shared/api/common.ts'
import type { AnswerOf, BodyOf, EndpointShape, ParamsOf, QueryOf } from '#shared/api/endpoint.ts'

/** A refusal of the server, in its words; `offline` when nobody answered. */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: string
  readonly status: number
  readonly requestId: string | undefined
  readonly problems: readonly { field: string; message: string }[]

  constructor(problem: Partial<ProblemDocument> & { code: string; detail: string }) {
    super(problem.detail)
    this.code = problem.code
    this.status = problem.status ?? 0
    this.requestId = problem.instance?.replace('urn:request:', '')
    this.problems = problem.problems ?? []
  }
}

type Given<E extends EndpointShape> = (ParamsOf<E> extends undefined ? object : { params: ParamsOf<E> }) & {
  query?: QueryOf<E>
  body?: BodyOf<E>
  idempotencyKey?: string
  signal?: AbortSignal
}

let csrfToken: string | undefined

/** The proof that a write comes from this console; it arrives with GET /api/me. */
export function keepCsrfToken(token: string | null): void {
  csrfToken = token ?? undefined
}

/** Calls one endpoint of the contract. Throws `CallError` for every refusal. */
export async function call<E extends EndpointShape>(endpoint: E, given: Given<E>): Promise<AnswerOf<E>> {
  const response = await send(endpoint, given as LooseGiven)
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as AnswerOf<E>
  throw await toError(response)
}

interface LooseGiven {
  readonly params?: Record<string, string>
  readonly query?: Record<string, string | number | boolean | null | undefined>
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

async function send(endpoint: EndpointShape, given: LooseGiven): Promise<Response> {
  const writes = endpoint.method !== 'GET'
  const headers = writes
    ? { ...writingHeaders(given.idempotencyKey), 'content-type': 'application/json' }
    : readingHeaders()
  try {
    return await fetch(fillUrl(endpoint.url, given), {
      method: endpoint.method,
      headers,
      ...(writes ? { body: JSON.stringify(given.body ?? {}) } : {}),
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw offlineError()
  }
}

function readingHeaders(): Record<string, string> {
  return { accept: 'application/json', 'accept-language': i18n.locale }
}

/** What every writing call carries, beside the type of its body. */
export function writingHeaders(idempotencyKey: string = crypto.randomUUID()): Record<string, string> {
  return {
    ...readingHeaders(),
    'idempotency-key': idempotencyKey,
    ...(csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken }),
  }
}

export function offlineError(): CallError {
  return new CallError({
    code: 'offline',
    detail: t`The gateway does not answer. What you wrote is kept; try again in a moment.`,
  })
}

function fillUrl(url: string, { params = {}, query = {} }: LooseGiven): string {
  const path = url.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '' && value !== null) search.set(name, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}

/** The refusal that a response carries; one of a proxy in front has no words of ours. */
export async function toError(response: Response): Promise<CallError> {
  const problem = (await response.json().catch(() => undefined)) as ProblemDocument | undefined
  return problem === undefined ? wordlessError(response.status) : new CallError(problem)
}

/** The refusal of something in front of the gateway, which says none of our words. */
export function wordlessError(status: number, code = 'internal'): CallError {
  const detail = t`The gateway cannot be reached just now (${status}). Try again in a moment; if it stays, tell your administrator.`
  return new CallError({ code, status, detail })
}
