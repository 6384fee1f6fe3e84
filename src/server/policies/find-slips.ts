import { networkLimits } from '#shared/network-limits.ts'
import { exampleInput } from './example-input.ts'
import { nearestWord } from './nearest-word.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import type { TestFailure } from './test-policy.ts'

/*
 * Slips of the pen that load, and then silently never apply: a name under `with:` that is none, a network, country or class
 * that does not exist. They fail `policy test`, so that a version with one cannot go live; what went live before still loads.
 */

const parts: Readonly<Record<string, readonly string[]>> = {
  post: [...Object.keys(exampleInput.post), 'language', 'scheduledAt', 'thread', 'format', 'audience'],
  author: [...Object.keys(exampleInput.author), 'country'],
  targets: ['profileId', 'network', 'country', 'limit', 'urlLength'],
  libraryItem: ['unchanged'],
  now: [],
}
const classes = ['retail', 'correspondence', 'institutional']
/** Names as short as "x" are near to everything. */
const shortestName = 5

function unknown(word: string, known: readonly string[], where: string): string {
  const nearest = nearestWord(word, known)
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  return `"${word}" is not known under ${where}.${hint} Known: ${known.join(', ')}.`
}

function slipsOfWith(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([part, value]) => {
    const known = parts[part]
    if (known === undefined) return [unknown(part, Object.keys(parts), 'with:')]
    const items = Array.isArray(value) ? value : [value]
    return items.flatMap((item: unknown) =>
      typeof item === 'object' && item !== null
        ? Object.keys(item).flatMap((key) => (known.includes(key) ? [] : [unknown(key, known, `with: ${part}:`)]))
        : [],
    )
  })
}

function slipOfNetwork(name: string): string[] {
  const known = Object.keys(networkLimits)
  if (known.includes(name) || name.length < shortestName) return []
  const nearest = nearestWord(name, known)
  return nearest === undefined ? [] : [`"${name}" is not a network. Write ${nearest}.`]
}

function slipsOfCondition(source: string): string[] {
  const compared = (name: string): string[] =>
    [...source.matchAll(new RegExp(`${name}\\s*[!=]=\\s*["']([^"']*)["']`, 'g'))].map((match) => match[1] ?? '')
  return [
    ...compared('\\.communicationClass')
      .filter((value) => !classes.includes(value))
      .map((value) => `"${value}" is not a class. Write ${classes.join(', ')}.`),
    ...compared('\\.network').flatMap(slipOfNetwork),
  ]
}

function slipsOfRule({ scope, condition, tests }: CompiledRule): string[] {
  return [
    ...(scope?.networks ?? []).flatMap(slipOfNetwork),
    ...(scope?.countries ?? [])
      .filter((country) => !/^[A-Z]{2}$/.test(country))
      .map((country) => `"${country}" is not a country. Write its two capitals, such as FR or GB.`),
    ...(condition === undefined ? [] : slipsOfCondition(condition.source)),
    ...tests.flatMap((example) => slipsOfWith(example.with ?? {})),
  ]
}

/** Every slip of a policy, each with its file, line and rule. Pure. */
export function findSlips(policy: CompiledPolicy): TestFailure[] {
  const ofRules = policy.rules.flatMap((rule) =>
    slipsOfRule(rule).map((message) => ({ file: rule.file, line: rule.line, ruleId: rule.id, message })),
  )
  const ofCases = policy.cases.flatMap((one) =>
    slipsOfWith(one.with).map((message) => ({
      file: one.file,
      line: one.line,
      message: `Case "${one.name}": ${message}`,
    })),
  )
  return [...ofRules, ...ofCases]
}
