import canonicalize from 'canonicalize'
import { parsePolicyFile, type PolicyFileSource } from './parse-policy-file.ts'
import type { RawDefaults, RawPolicy, RawRule } from './raw-policy.ts'

/**
 * Says what keeps a draft from starting as an emergency: it may only add block rules (and lists that they use) to the
 * policy in force. Every rule, list, calendar, disclosure, route and default of that policy stays exactly as it is.
 * Empty when nothing does. Pure.
 */
export function findEmergencyObstacles(
  active: readonly PolicyFileSource[],
  draft: readonly PolicyFileSource[],
): string[] {
  const before = readByName(active)
  const after = readByName(draft)
  const obstacles = [...before.keys()].filter((name) => !after.has(name)).map((name) => `The policy “${name}” is gone.`)
  const added: AddedRule[] = []
  for (const [name, raw] of after)
    obstacles.push(...compareFile(name, before.get(name) ?? { policy: raw.policy }, raw, before.has(name), added))
  if (added.length === 0 && obstacles.length === 0) obstacles.push('It adds no rule.')
  for (const { id, blocks } of added) if (!blocks) obstacles.push(`The new rule “${id}” does not block.`)
  return obstacles
}

interface AddedRule {
  readonly id: string
  readonly blocks: boolean
}

function blocks(rule: RawRule, defaults: RawDefaults): boolean {
  return (rule.severity ?? defaults.severity) === 'block' && (rule.mode ?? defaults.mode ?? 'enforce') === 'enforce'
}

function readByName(files: readonly PolicyFileSource[]): Map<string, RawPolicy> {
  const raws = files.map((file) => parsePolicyFile(file).raw).filter((raw) => raw !== undefined)
  // Two files may carry one policy's name; the second then stands under a name of its own.
  const byName = new Map<string, RawPolicy>()
  for (const raw of raws.toSorted((a, b) => (bytesOf(a) < bytesOf(b) ? -1 : 1))) {
    let name = raw.policy
    while (byName.has(name)) name += ' (again)'
    byName.set(name, raw)
  }
  return byName
}

const fixed = ['calendars', 'disclosures', 'routes'] as const

function compareFile(name: string, old: RawPolicy, now: RawPolicy, known: boolean, added: AddedRule[]): string[] {
  const obstacles: string[] = []
  for (const part of known ? ([...fixed, 'defaults'] as const) : fixed)
    if (bytesOf(old[part]) !== bytesOf(now[part])) obstacles.push(`“${part}” of “${name}” changed.`)
  for (const [list, terms] of Object.entries(old.lists ?? {}))
    if (bytesOf(terms) !== bytesOf(now.lists?.[list])) obstacles.push(`The list “${list}” of “${name}” changed.`)
  const left = new Map((now.rules ?? []).map((rule) => [rule.id, rule]))
  for (const rule of old.rules ?? []) {
    if (bytesOf(rule) !== bytesOf(left.get(rule.id))) obstacles.push(`The rule “${rule.id}” changed.`)
    left.delete(rule.id)
  }
  for (const [id, rule] of left) added.push({ id, blocks: blocks(rule, now.defaults ?? {}) })
  return obstacles
}

function bytesOf(value: unknown): string {
  return canonicalize(value ?? null) ?? ''
}
