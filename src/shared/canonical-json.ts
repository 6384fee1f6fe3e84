import type { JsonObject, JsonValue } from './json.ts'

/**
 * Canonical JSON (RFC 8785) of what we allow ourselves to hash: no fractions, no integers beyond 2^53 − 1, no lone
 * surrogates, nothing but plain objects and arrays. Throws `TypeError` naming the path of the first offender.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, '$')
}

function write(value: JsonValue, path: string): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeString(value, path)
  if (typeof value === 'number') return writeNumber(value, path)
  if (Array.isArray(value)) return writeArray(value, path)
  if (typeof value === 'object') return writeObject(value as JsonObject, path)
  throw new TypeError(`${path} is not JSON: ${typeof value}`)
}

function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new TypeError(`${path} holds a lone surrogate`)
  return JSON.stringify(value)
}

function writeNumber(value: number, path: string): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${path} is not an integer within 2^53 - 1`)
  return JSON.stringify(value)
}

function writeArray(value: readonly JsonValue[], path: string): string {
  const parts: string[] = []
  // A counted loop, because `map` would pass over holes in silence.
  for (let at = 0; at < value.length; at++) parts.push(write(value[at] as JsonValue, `${path}[${at}]`))
  return `[${parts.join(',')}]`
}

function writeObject(value: JsonObject, path: string): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`${path} is not a plain object`)
  const parts: string[] = []
  // The default sort is by UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) parts.push(`${writeString(key, path)}:${write(member, `${path}.${key}`)}`)
  }
  return `{${parts.join(',')}}`
}
