import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { compileCalendar, type Calendar } from './compile-calendars.ts'
import { openEnvironment } from './compile-condition.ts'
import { compileRoute } from './compile-route.ts'
import { compileRule, disclosureLexicon, lexiconOf, type Workshop } from './compile-rule.ts'
import { compileLexicons, type Matcher } from './matcher/compile-lexicons.ts'
import { LexiconError, type LexiconRule, type Term } from './matcher/lexicon.ts'
import { parsePolicyFile, type ParsedPolicyFile, type PolicyFileSource, type YamlPath } from './parse-policy-file.ts'
import type { CompiledPolicy, CompiledRoute, CompiledRule, Disclosure, LexiconOwner } from './policy.ts'
import { PolicyError, type PolicyProblem } from './policy-error.ts'

export { PolicyError } from './policy-error.ts'
export type { PolicyFileSource } from './parse-policy-file.ts'
export type { CompiledPolicy } from './policy.ts'

/** Raised when the meaning of the language changes, so that a version always means one behaviour. */
const languageVersion = 1

/** Where a lexicon came from, to name its line when the matcher refuses a term. */
interface Origin {
  readonly file: ParsedPolicyFile
  readonly place: YamlPath
}

/**
 * Compiles policy files into one policy. The order of the files does not matter. Pure.
 * Throws `PolicyError` with every problem of every file at once.
 */
export function loadPolicy(sources: readonly PolicyFileSource[]): CompiledPolicy {
  const files = sources.map(parsePolicyFile).sort((a, b) => compare(sortKey(a), sortKey(b)))
  const problems = files.flatMap((file) => file.problems)
  if (files.length === 0)
    problems.push({
      file: '',
      line: 1,
      message: 'There is no policy file here. Write one such as policies/house-style/house-style.yaml.',
    })
  const sound = files.filter((file) => file.raw !== undefined)
  const lists = gatherLists(sound, problems)
  const calendars = gatherCalendars(sound, problems)
  const gathered = gatherDisclosures(sound, problems)
  const shop: Workshop = {
    calendars,
    disclosures: gathered.byName,
    environment: openEnvironment(calendars, false),
    problems,
  }
  const rules = compileRules(shop, sound)
  const routes = compileRoutes(shop, sound)
  const lexicons = gatherLexicons(sound, rules, gathered.origins)
  const matcher = compileMatcher(lexicons, lists, problems)
  if (problems.length > 0 || matcher === undefined) throw new PolicyError(problems)
  const asked = rules.filter(isAlwaysAsked)
  return Object.freeze<CompiledPolicy>({
    version: versionOf(sound),
    packs: sound.map(({ raw, path }) => ({
      policy: raw!.policy,
      ...(raw!.title === undefined ? {} : { title: raw!.title }),
      ...(raw!.regulator === undefined ? {} : { regulator: raw!.regulator }),
      file: path,
    })),
    rules,
    disclosures: gathered.disclosures,
    calendars,
    routes,
    cases: sound.flatMap((file) =>
      (file.raw!.cases ?? []).map((one, at) => ({
        ...one,
        file: file.path,
        line: file.problemAt(['cases', at], '').line,
      })),
    ),
    matcher,
    owners: lexicons.owners,
    asked: asked.map((rule) => rule.index),
    metadataConditions: asked.filter((rule) => rule.condition?.metadataOnly === true).length,
  })
}

function isAlwaysAsked(rule: CompiledRule): boolean {
  return !rule.needsHit || rule.detectors.length + rule.formats.length + rule.patterns.length > 0
}

function sortKey(file: ParsedPolicyFile): string {
  return `${file.raw?.policy ?? ''} ${canonicalize(file.raw ?? null) ?? ''}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function versionOf(files: readonly ParsedPolicyFile[]): string {
  const content = { language: languageVersion, files: files.map((file) => file.raw) }
  return createHash('sha256')
    .update(canonicalize(content) ?? '')
    .digest('hex')
}

/** Lists belong to all files; one name has one content. */
function gatherLists(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): Record<string, Term[]> {
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

function gatherCalendars(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): Map<string, Calendar> {
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

interface GatheredDisclosures {
  readonly byName: Map<string, number>
  readonly disclosures: Disclosure[]
  readonly origins: { readonly origin: Origin; readonly rule: LexiconRule }[]
}

function gatherDisclosures(files: readonly ParsedPolicyFile[], problems: PolicyProblem[]): GatheredDisclosures {
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

function compileRules(shop: Workshop, files: readonly ParsedPolicyFile[]): CompiledRule[] {
  const rules: CompiledRule[] = []
  const seen = new Map<string, CompiledRule>()
  for (const file of files) {
    for (let at = 0; at < (file.raw!.rules?.length ?? 0); at++) {
      const rule = compileRule(shop, file, at, rules.length)
      const other = seen.get(rule.id)
      if (other !== undefined)
        shop.problems.push(
          file.problemAt(
            ['rules', at, 'id'],
            `${other.file}:${other.line} has a rule "${rule.id}" already. Choose another id.`,
          ),
        )
      seen.set(rule.id, rule)
      rules.push(rule)
    }
  }
  return rules
}

function compileRoutes(shop: Workshop, files: readonly ParsedPolicyFile[]): CompiledRoute[] {
  const environment = openEnvironment(shop.calendars, true)
  return files.flatMap((file) =>
    (file.raw!.routes ?? []).flatMap((_, at) => compileRoute(shop, environment, file, at) ?? []),
  )
}

interface GatheredLexicons {
  readonly rules: LexiconRule[]
  readonly origins: Origin[]
  readonly owners: LexiconOwner[]
}

function gatherLexicons(
  files: readonly ParsedPolicyFile[],
  rules: readonly CompiledRule[],
  disclosures: GatheredDisclosures['origins'],
): GatheredLexicons {
  const gathered: GatheredLexicons = { rules: [], origins: [], owners: [] }
  let index = 0
  for (const file of files) {
    for (const [at, raw] of (file.raw!.rules ?? []).entries()) {
      if (rules[index]!.hasTerms) {
        gathered.rules.push(lexiconOf(raw, file.raw!.defaults ?? {}))
        gathered.origins.push({ file, place: ['rules', at] })
        gathered.owners.push({ rule: index })
      }
      index++
    }
  }
  for (const [disclosure, { origin, rule }] of disclosures.entries()) {
    gathered.rules.push(rule)
    gathered.origins.push(origin)
    gathered.owners.push({ disclosure })
  }
  return gathered
}

/** Compiles all terms; after a refusal each rule is tried alone, so that every bad term is named. */
function compileMatcher(
  lexicons: GatheredLexicons,
  lists: Record<string, Term[]>,
  problems: PolicyProblem[],
): Matcher | undefined {
  try {
    return compileLexicons(lexicons.rules, lists)
  } catch (error) {
    if (!(error instanceof LexiconError)) throw error
    for (const [at, rule] of lexicons.rules.entries()) {
      for (const part of [
        { ...rule, unless: [] },
        { ...rule, any: rule.unless, unless: [] },
      ]) {
        for (const term of part.any)
          problems.push(...refusalOf({ ...part, any: [term] }, term, lists, lexicons.origins[at]!))
      }
    }
    return undefined
  }
}

function refusalOf(rule: LexiconRule, term: Term, lists: Record<string, Term[]>, origin: Origin): PolicyProblem[] {
  try {
    compileLexicons([rule], lists)
    return []
  } catch (error) {
    if (!(error instanceof LexiconError)) throw error
    return [origin.file.problemAt(placeOfTerm(origin, term), error.message)]
  }
}

function placeOfTerm({ file, place }: Origin, term: Term): YamlPath {
  const raw = (
    place[0] === 'rules' ? file.raw!.rules![place[1] as number] : file.raw!.disclosures![place[1] as string]
  ) as { any?: Term[]; unless?: Term[] }
  for (const key of ['any', 'unless'] as const) {
    const at = raw[key]?.indexOf(term) ?? -1
    if (at !== -1) return [...place, key, at]
  }
  return place
}
