import type { JsonObject, JsonValue } from './json.ts'

/**
 * Canonical JSON (RFC 8785) of what we allow ourselves to hash: no fractions, no integers beyond 2^53 − 1, no lone
 * surrogates, nothing but plain objects and arrays. Throws `TypeError` naming the path of the first offender.
 */
export function canonicalJson(value: JsonValue): string {
  const text = write(value)
  if (text === undefined) throw new TypeError(nameOffender(value, '$'))
  return text
}

/** Undefined when something in it may not be hashed: the path to it is looked for only then. */
function write(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : undefined
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? JSON.stringify(value) : undefined
  if (Array.isArray(value)) return writeArray(value)
  return typeof value === 'object' ? writeObject(value as JsonObject) : undefined
}

function writeArray(value: readonly JsonValue[]): string | undefined {
  let text = ''
  // A counted loop, because `map` would pass over holes in silence.
  for (let at = 0; at < value.length; at++) {
    const element = write(value[at] as JsonValue)
    if (element === undefined) return undefined
    text += at === 0 ? element : `,${element}`
  }
  return `[${text}]`
}

function writeObject(value: JsonObject): string | undefined {
  if (!isPlain(value)) return undefined
  let text = ''
  for (const key of sortedKeys(value)) {
    const member = value[key]
    if (member === undefined) continue
    const written = write(member)
    if (written === undefined || !key.isWellFormed()) return undefined
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${written}`
  }
  return `{${text}}`
}

/** By UTF-16 code units, as RFC 8785 section 3.2.3 asks and the default sort does. */
function sortedKeys(value: JsonObject): string[] {
  const keys = Object.keys(value)
  for (let at = 1; at < keys.length; at++) if (keys[at]! < keys[at - 1]!) return keys.sort()
  return keys
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function nameOffender(value: JsonValue, path: string): string {
  if (typeof value === 'string') return `${path} holds a lone surrogate`
  if (typeof value === 'number') return `${path} is not an integer within 2^53 - 1`
  if (Array.isArray(value)) {
    const at = Array.from(value).findIndex((element: JsonValue) => write(element) === undefined)
    return nameOffender(value[at] as JsonValue, `${path}[${at}]`)
  }
  if (typeof value !== 'object' || value === null) return `${path} is not JSON: ${typeof value}`
  if (!isPlain(value)) return `${path} is not a plain object`
  const members = value as JsonObject
  const key = sortedKeys(members).find(
    (name) => members[name] !== undefined && (!name.isWellFormed() || write(members[name]) === undefined),
  )!
  return key.isWellFormed() ? nameOffender(members[key]!, `${path}.${key}`) : `${path} holds a lone surrogate`
}
