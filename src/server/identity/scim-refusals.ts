import SCIMMY from 'scimmy'
import { findUnkeepable } from '#server/platform/refuse-unkeepable.ts'

/** An index of the database must hold it, whatever its script. */
const longestName = 500

/**
 * Refuses attribute names that every JavaScript object inherits (`__proto__`, `constructor`): scimmy walks a path by plain
 * look-ups, and such a path would write to what all objects of the process share. No attribute of RFC 7643 is so called.
 */
export function refuseInheritedPath(path: unknown): void {
  if (typeof path !== 'string') return
  const name = path.split(/[^\w$-]+/).find(isInherited)
  if (name !== undefined) throw new SCIMMY.Types.Error(400, 'invalidPath', `There is no attribute “${name}”.`)
}

/** The same for the keys of a resource or of a value that is patched into one, at every depth. */
export function refuseInheritedKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(value)) refuseInheritedPath(key)
    refuseInheritedKeys(member)
  }
}

/** The schemas take a while for each value, and meanwhile nobody else is answered. Nobody has as many. */
const mostValues = 2_000

/** Refuses a person, or a change of one, with values without end. */
export function refuseSprawling(body: unknown): void {
  if (countValues(body) > mostValues)
    throw new SCIMMY.Types.Error(400, 'invalidValue', `A user has at most ${mostValues} values.`)
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const member of Object.values(value)) {
    count += countValues(member)
    if (count > mostValues) break
  }
  return count
}

function isInherited(name: string): boolean {
  return name in Object.prototype || name === 'prototype'
}

/** Refuses what no index could hold. */
export function refuseLong(attribute: string, value: string | null): void {
  if (value !== null && value.length > longestName)
    throw new SCIMMY.Types.Error(
      400,
      'invalidValue',
      `The attribute “${attribute}” has at most ${longestName} characters.`,
    )
}

/** A text of a filter that nothing kept here could equal. */
export function refuseUnkeepableText(text: string): void {
  const found = findUnkeepable(text)
  if (found !== undefined) throw new SCIMMY.Types.Error(400, 'invalidFilter', `A text of the filter ${found.message}.`)
}
