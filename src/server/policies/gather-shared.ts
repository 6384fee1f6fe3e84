import canonicalize from 'canonicalize'
import { compileCalendar, type Calendar } from './compile-calendars.ts'
import type { Origin } from './compile-matcher.ts'
import { disclosureLexicon } from './compile-rule.ts'
import type { LexiconRule, Term } from './matcher/lexicon.ts'
import type { ParsedPolicyFile } from './parse-policy-file.ts'
import type { Disclosure } from './policy.ts'
import type { PolicyProblem } from './policy-error.ts'

/** Lists belong to all files; one name has one content. */
export function gatherLists(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): Record<string, Term[]> {
  const lists = new Map<string, { terms: Term[]; path: string }>()
  for (const file of files) {
    for (const [name, terms] of Object.entries(file.raw!.lists ?? {})) {
      const known = lists.get(name)
      if (known === undefined) lists.set(name, { terms, path: file.path })
      else if (canonicalize(known.terms) !== canonicalize(terms))
        problems.push(
          file.problemAt(
            ['lists', name],
            `${known.path} has another list "${name}". Choose another name for one of them.`,
          ),
        )
    }
  }
  return Object.fromEntries([...lists].map(([name, { terms }]) => [name, terms]))
}

export function gatherCalendars(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): Map<string, Calendar> {
  const calendars = new Map<string, Calendar>()
  for (const file of files) {
    for (const [name, raw] of Object.entries(file.raw!.calendars ?? {})) {
      if (calendars.has(name))
        problems.push(
          file.problemAt(
            ['calendars', name],
            `Another calendar is called "${name}". Choose another name for one of them.`,
          ),
        )
      try {
        calendars.set(name, compileCalendar(raw))
      } catch (error) {
        problems.push(file.problemAt(['calendars', name], (error as Error).message))
      }
    }
  }
  return calendars
}

export interface GatheredDisclosures {
  readonly byName: Map<string, number>
  readonly disclosures: Disclosure[]
  readonly origins: { readonly origin: Origin; readonly rule: LexiconRule }[]
}

export function gatherDisclosures(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): GatheredDisclosures {
  const gathered: GatheredDisclosures = { byName: new Map(), disclosures: [], origins: [] }
  for (const file of files) {
    for (const [name, raw] of Object.entries(file.raw!.disclosures ?? {})) {
      if (gathered.byName.has(name)) {
        problems.push(
          file.problemAt(
            ['disclosures', name],
            `Another disclosure is called "${name}". Choose another name for one of them.`,
          ),
        )
        continue
      }
      gathered.byName.set(name, gathered.disclosures.length)
      gathered.disclosures.push(raw.text === undefined ? { name } : { name, text: raw.text })
      gathered.origins.push({ origin: { file, place: ['disclosures', name] }, rule: disclosureLexicon(name, raw) })
    }
  }
  return gathered
}
