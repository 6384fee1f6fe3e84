import { archiveInFrench } from './archive.ts'
import type { FrenchSentences } from './french-sentences.ts'
import { exportsInFrench } from './exports.ts'
import { identityInFrench } from './identity.ts'
import { platformInFrench } from './platform.ts'
import { policiesInFrench } from './policies.ts'
import { policyFilesInFrench } from './policy-files.ts'
import { postsInFrench } from './posts.ts'
import { statuses } from './problems.ts'
import { profilesInFrench } from './profiles.ts'
import { publishingInFrench } from './publishing.ts'
import { reviewsInFrench } from './reviews.ts'

export const frenchTables: readonly FrenchSentences[] = [
  platformInFrench,
  archiveInFrench,
  identityInFrench,
  profilesInFrench,
  policiesInFrench,
  policyFilesInFrench,
  postsInFrench,
  reviewsInFrench,
  publishingInFrench,
  exportsInFrench,
]

/** Characters: a sentence of ours with a person's reason in it. What is longer is not looked through. */
const longest = 4_000

interface Pattern {
  readonly expression: RegExp
  readonly holes: readonly string[]
  readonly french: string
}

/** `{name}`; a brace of a policy file has a space after it and is none. */
export const hole = /\{([a-zA-Z][a-zA-Z ]*)\}/g
const hasHoles = (english: string) => english.search(hole) >= 0
const exact = new Map(frenchTables.flatMap((table) => Object.entries(table)).filter(([english]) => !hasHoles(english)))
const patterns = toPatterns(frenchTables.flatMap((table) => Object.entries(table)))

/**
 * A sentence of the server in French. Evidence keeps the English sentence for ever, so that is the key: what was stored
 * years ago is read like what is refused now. What is not known (a colleague's own words) is answered unchanged.
 */
export function sayInFrench(sentence: string): string {
  const whole = exact.get(sentence)
  if (whole !== undefined) return whole
  if (sentence.length > longest) return sentence
  for (const pattern of patterns) {
    const match = pattern.expression.exec(sentence)
    if (match !== null) return fill(pattern, match.slice(1))
  }
  return sentence
}

function fill({ holes, french }: Pattern, values: readonly string[]): string {
  return french.replaceAll(hole, (_whole, name: string) => sayValue(name, values[holes.indexOf(name)] ?? ''))
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const frenchTime = new Intl.DateTimeFormat('fr', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

function sayValue(name: string, value: string): string {
  if (name.endsWith('status')) return statuses[value.replaceAll(' ', '_')] ?? value
  if (instant.test(value)) return `${frenchTime.format(new Date(value))} UTC`
  if (name !== 'sentence') return exact.get(value) ?? value
  const [indent = ''] = /^\s*/.exec(value) ?? []
  return indent + sayInFrench(value.trim())
}

/** The one with the most words of its own is asked first: a general one must not swallow it. */
function toPatterns(entries: readonly (readonly [string, string])[]): Pattern[] {
  return entries
    .filter(([english]) => hasHoles(english))
    .toSorted(([one], [other]) => ownLength(other) - ownLength(one))
    .map(([english, french]) => ({
      expression: new RegExp(`^${english.split(hole).map(toSource).join('')}$`, 's'),
      holes: [...english.matchAll(hole)].map(([, name]) => name!),
      french,
    }))
}

function ownLength(english: string): number {
  return english.replaceAll(hole, '').length
}

// `split` with one group answers text and hole in turn.
function toSource(part: string, at: number): string {
  return at % 2 === 1 ? '(.*?)' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
