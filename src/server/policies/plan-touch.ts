import canonicalize from 'canonicalize'
import type { Term } from './matcher/lexicon.ts'
import { parseTerm } from './matcher/parse-term.ts'
import { parsePolicyFile, type PolicyFileSource } from './parse-policy-file.ts'
import type { RawDefaults, RawPolicy, RawRule } from './raw-policy.ts'
import { joinKeys, keysOfTerm, type NeededKeys } from './touch-keys.ts'

/** Which posts a change of the policy can touch. */
export interface TouchPlan {
  /** Rules that are new, gone or judge otherwise; a changed message or example changes no verdict. */
  readonly changedRules: readonly string[]
  /** A post without one of these keeps its verdict, unless `everything` names something. */
  readonly keys: readonly number[]
  /** What no word gives away (a rule without terms, a route, a file that cannot be read): then every post can be touched. */
  readonly everything: readonly string[]
}

type Lists = Readonly<Record<string, readonly Term[]>>

interface SettledRule {
  readonly raw: RawRule
  readonly defaults: RawDefaults
  readonly lists: Lists
  /** All that decides what the rule finds, as one text. */
  readonly bytes: string
}

/** Compares two policies rule by rule. Pure. */
export function planTouch(before: readonly PolicyFileSource[], after: readonly PolicyFileSource[]): TouchPlan {
  return planTouches(after, before)[0]!
}

/** Compares a policy with each of some of before it. A file that several of them have is read once. Pure. */
export function planTouches(
  after: readonly PolicyFileSource[],
  ...befores: readonly (readonly PolicyFileSource[])[]
): TouchPlan[] {
  const known = new Map<string, RawPolicy | undefined>()
  const read = (file: PolicyFileSource): RawPolicy | undefined => {
    if (!known.has(file.text)) known.set(file.text, parsePolicyFile(file).raw)
    return known.get(file.text)
  }
  const now = settle(after.map(read))
  return befores.map((before) => compare(settle(before.map(read)), now))
}

function compare(old: Settled | undefined, now: Settled | undefined): TouchPlan {
  if (old === undefined || now === undefined) return { changedRules: [], keys: [], everything: ['files'] }
  const changedRules = [...new Set([...old.rules.keys(), ...now.rules.keys()])]
    .filter((id) => old.rules.get(id)?.bytes !== now.rules.get(id)?.bytes)
    .toSorted()
  const everything = old.routes === now.routes ? [] : ['routes']
  const keys = new Set<number>()
  for (const id of changedRules) {
    const versions = [old.rules.get(id), now.rules.get(id)].filter((rule) => rule !== undefined)
    const needed = joinKeys(versions.map(keysOfRule))
    if (needed === undefined) everything.push(id)
    else for (const key of needed.keys) keys.add(key)
  }
  return { changedRules, keys: [...keys], everything }
}

interface Settled {
  readonly rules: ReadonlyMap<string, SettledRule>
  readonly routes: string
}

/** Undefined where a file cannot be read: an older program may have taken what this one does not. */
function settle(files: readonly (RawPolicy | undefined)[]): Settled | undefined {
  const raws = files.filter((raw) => raw !== undefined)
  if (raws.length < files.length) return undefined
  const lists: Lists = Object.assign({}, ...raws.map((raw) => raw.lists ?? {})) as Lists
  const shared = {
    calendars: Object.assign({}, ...raws.map((raw) => raw.calendars ?? {})) as object,
    disclosures: Object.assign({}, ...raws.map((raw) => raw.disclosures ?? {})) as NonNullable<
      RawPolicy['disclosures']
    >,
    lists,
  }
  const rules = raws.flatMap((raw) =>
    (raw.rules ?? []).map((rule) => [rule.id, settleRule(rule, raw.defaults ?? {}, shared)] as const),
  )
  return { rules: new Map(rules), routes: bytesOf([raws.flatMap((raw) => raw.routes ?? []), shared.calendars]) }
}

function settleRule(
  raw: RawRule,
  defaults: RawDefaults,
  shared: { calendars: object; disclosures: NonNullable<RawPolicy['disclosures']>; lists: Lists },
): SettledRule {
  const { tests: _tests, message: _message, suggestion: _suggestion, clause: _clause, ...judging } = raw
  const { clause: _default, ...inherited } = defaults
  const wanted = [raw.require?.disclosure ?? []].flat().map((name) => shared.disclosures[name])
  const used = [raw.any, raw.unless, wanted]
  const bytes = bytesOf([
    judging,
    inherited,
    wanted,
    listsUsedBy(used, shared.lists, new Set()),
    raw.when?.includes('calendar(') === true ? shared.calendars : null,
  ])
  return { raw, defaults, lists: shared.lists, bytes }
}

/** The content of every list that terms name, however deep. */
function listsUsedBy(terms: unknown, lists: Lists, seen: Set<string>): unknown[] {
  return [...bytesOf(terms).matchAll(/\$([\w-]+)/g)].flatMap(([, name]) => {
    const list = lists[name!]
    if (list === undefined || seen.has(name!)) return []
    seen.add(name!)
    return [name, list, ...listsUsedBy(list, lists, seen)]
  })
}

/** What every hit of a rule needs, or `undefined` where it finds more than whole words. */
export function keysOfRule({
  raw,
  defaults,
  lists,
}: Pick<SettledRule, 'raw' | 'defaults' | 'lists'>): NeededKeys | undefined {
  const isOther = raw.detector !== undefined || raw.formats !== undefined || raw.pattern !== undefined
  if (raw.any === undefined || isOther) return undefined
  if ((raw.match ?? defaults.match) === 'contains' || (raw.evasion ?? defaults.evasion) === 'strict') return undefined
  return joinKeys(
    raw.any.map((term) =>
      typeof term !== 'string' && 'pattern' in term
        ? undefined
        : keysOfTerm(parseTerm(term, { ruleId: raw.id, lists, open: [], exactCase: false })),
    ),
  )
}

function bytesOf(value: unknown): string {
  return canonicalize(value ?? null) ?? ''
}
