import type { ErrorObject } from 'ajv'
import { AppError } from '#server/platform/app-error.ts'
import { openValidator } from '#server/platform/compile-when-called.ts'
import type { BodyOf, EndpointShape } from '#shared/api/endpoint.ts'

const formats: Readonly<Record<string, string>> = {
  'date-time': 'is no time. Write it like 2026-01-31 or 2026-01-31T09:00:00Z',
  uuid: 'is no id. Copy it from the console or from an answer of the API',
}

/** Holds the wish of a command against the contract of the call that does the same. Throws `invalid_request` with the option. */
export function refuseWrongOptions<E extends EndpointShape>({ schema }: E, wish: Partial<BodyOf<E>>): void {
  const validate = openValidator().compile(schema.body!)
  if (validate(structuredClone(wish))) return
  const [error] = validate.errors!
  throw new AppError('invalid_request', `--${error!.instancePath.slice(1)} ${tell(error!)}.`)
}

function tell({ keyword, params, message }: ErrorObject): string {
  const known = keyword === 'format' ? formats[String((params as { format?: string }).format)] : undefined
  return known ?? message ?? 'is not valid'
}

/** A day alone is its beginning in UTC. */
export function startOfDay<T extends { from?: string | undefined; to?: string | undefined }>(period: T): T {
  const { from, to } = period
  return { ...period, ...(isDay(from) && { from: `${from}T00:00:00Z` }), ...(isDay(to) && { to: `${to}T00:00:00Z` }) }
}

function isDay(text: string | undefined): boolean {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text)
}
