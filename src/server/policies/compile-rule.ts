import type { Environment } from '@marcbachmann/cel-js'
import type { Calendar } from './compile-calendars.ts'
import { compileCondition } from './compile-condition.ts'
import { compilePattern } from './compile-pattern.ts'
import { defaultMessage } from './default-message.ts'
import type { DetectorName } from './detectors/detect-identifiers.ts'
import { compileFormat } from './detectors/detect-record-number.ts'
import type { EvasionLevel, FoldKind, LexiconRule, Term } from './matcher/lexicon.ts'
import { nearestWord } from './nearest-word.ts'
import type { ParsedPolicyFile, YamlPath } from './parse-policy-file.ts'
import type { CompiledRule, Requirement } from './policy.ts'
import type { PolicyProblem } from './policy-error.ts'
import type { RawDefaults, RawDisclosure, RawRequirement, RawRule } from './raw-policy.ts'

/** What all files of a policy share while it is compiled; problems are gathered, never thrown. */
export interface Workshop {
  readonly calendars: ReadonlyMap<string, Calendar>
  readonly disclosures: ReadonlyMap<string, number>
  readonly environment: Environment
  readonly problems: PolicyProblem[]
}

const texts = ['text', 'linkText', 'altText'] as const

/** Everything of a rule but its terms, which `lexiconOf` gives to the matcher. */
export function compileRule(shop: Workshop, file: ParsedPolicyFile, at: number, index: number): CompiledRule {
  const raw = file.raw!.rules![at]!
  const defaults = file.raw!.defaults ?? {}
  const place: YamlPath = ['rules', at]
  const report = (key: string, message: string): void =>
    void shop.problems.push(file.problemAt([...place, key], message))
  checkShape(raw, report)
  const attempt = <T>(key: string, make: () => T): T | undefined => {
    try {
      return make()
    } catch (error) {
      report(key, (error as Error).message)
      return undefined
    }
  }
  const requirement = raw.require === undefined ? undefined : compileRequirement(raw.require, shop, report)
  const condition =
    raw.when === undefined
      ? undefined
      : attempt('when', () => compileCondition(raw.when!, shop.environment, shop.calendars))
  const lang = raw.lang ?? defaults.lang
  const clause = raw.clause ?? defaults.clause
  return {
    index,
    id: raw.id,
    pack: file.raw!.policy,
    file: file.path,
    line: file.problemAt(place, '').line,
    ...(clause === undefined ? {} : { clause }),
    severity: severityOf(raw, defaults),
    mode: raw.mode ?? defaults.mode ?? 'enforce',
    message: raw.message ?? defaultMessage(raw),
    ...(raw.suggestion === undefined ? {} : { suggestion: raw.suggestion }),
    tests: raw.tests ?? [],
    ...(lang === undefined ? {} : { lang }),
    fields: new Set(raw.fields ?? texts),
    needsHit:
      raw.any !== undefined || raw.detector !== undefined || raw.formats !== undefined || raw.pattern !== undefined,
    hasTerms: raw.any !== undefined,
    detectors: [raw.detector ?? []].flat() as DetectorName[],
    formats: (raw.formats ?? []).map(compileFormat),
    patterns: [raw.pattern ?? []].flat().flatMap((pattern) => attempt('pattern', () => compilePattern(pattern)) ?? []),
    ...(condition === undefined ? {} : { condition }),
    ...(raw.scope === undefined ? {} : { scope: raw.scope }),
    ...(requirement === undefined ? {} : { requirement }),
    ...(raw.links === undefined
      ? {}
      : { links: { allow: lower(raw.links.allow), deny: lower(raw.links.deny), https: raw.links.https === true } }),
    ...(raw.mentions === undefined
      ? {}
      : { mentions: { allow: handles(raw.mentions.allow), deny: handles(raw.mentions.deny) } }),
  }
}

function severityOf(raw: RawRule, defaults: RawDefaults): CompiledRule['severity'] {
  const severity = raw.severity ?? defaults.severity ?? 'review'
  return severity === 'info' ? 'note' : severity
}

function lower(list: readonly string[] | undefined): string[] {
  return (list ?? []).map((item) => item.toLowerCase().replace(/^\*\./, ''))
}

function handles(list: readonly string[] | undefined): Set<string> {
  return new Set((list ?? []).map((item) => item.toLowerCase().replace(/^@/, '')))
}

const checks = ['any', 'detector', 'formats', 'pattern', 'when', 'require', 'links', 'mentions'] as const

function checkShape(raw: RawRule, report: (key: string, message: string) => void): void {
  if (!checks.some((key) => raw[key] !== undefined))
    report('id', `The rule "${raw.id}" checks nothing. Add one of: ${checks.map((key) => `${key}:`).join(' ')}`)
  if (raw.unless !== undefined && raw.any === undefined)
    report('unless', 'unless: cancels hits of any: and there is none. Add any: or remove unless:.')
  if (raw.require?.visible !== undefined && raw.require.disclosure === undefined)
    report('require', 'visible: says where a disclosure stands. Add disclosure: beside it.')
  for (const value of raw.scope?.communicationClass ?? []) {
    if (!['retail', 'correspondence', 'institutional'].includes(value))
      report('scope', `"${value}" is not a class. Write retail, correspondence or institutional.`)
  }
  for (const example of raw.tests ?? []) {
    if (
      example.hit !== undefined &&
      (example.hit.split('⟦').length !== example.hit.split('⟧').length || /⟧[^⟦]*⟧|⟦[^⟧]*⟦/.test(example.hit))
    ) {
      report('tests', `The marks of "${example.hit}" do not pair. Write ⟦ before and ⟧ after each hit.`)
    }
  }
}

function compileRequirement(
  raw: RawRequirement,
  shop: Workshop,
  report: (key: string, message: string) => void,
): Requirement {
  const { disclosure, hashtag, link, qualification, ...rest } = raw
  const disclosures = [disclosure ?? []].flat().flatMap((name) => {
    const index = shop.disclosures.get(name)
    if (index !== undefined) return [index]
    const known = [...shop.disclosures.keys()]
    const nearest = nearestWord(name, known)
    report(
      'require',
      `There is no disclosure "${name}". ${nearest === undefined ? `Add it under disclosures:. Known: ${known.join(', ') || 'none'}.` : `Did you mean "${nearest}"?`}`,
    )
    return []
  })
  return {
    ...rest,
    disclosures,
    hashtags: [hashtag ?? []].flat().map((tag) => tag.toLowerCase().replace(/^#/, '')),
    ...(link === undefined ? {} : { linkHosts: link === true ? [] : lower(link) }),
    qualifications: [qualification ?? []].flat(),
  }
}

const fold: readonly FoldKind[] = ['case', 'accents']

/** A rule's terms for the matcher. */
export function lexiconOf(raw: RawRule, defaults: RawDefaults): LexiconRule {
  const lang = raw.lang ?? defaults.lang
  return lexicon(raw.id, raw.any ?? [], raw.unless ?? [], {
    match: raw.match ?? defaults.match ?? 'word',
    fold: raw.fold ?? defaults.fold ?? fold,
    evasion: raw.evasion ?? defaults.evasion ?? 'standard',
    ...(lang === undefined ? {} : { lang }),
  })
}

/** A disclosure's accepted wording. It must be readable as it stands, so no evasion view counts. */
export function disclosureLexicon(name: string, raw: RawDisclosure): LexiconRule {
  return lexicon(`disclosure ${name}`, raw.any, [], {
    match: raw.match ?? 'word',
    fold: raw.fold ?? fold,
    evasion: 'off',
  })
}

function lexicon(
  id: string,
  any: Term[],
  unless: Term[],
  rest: { match: 'word' | 'contains'; fold: readonly FoldKind[]; evasion: EvasionLevel; lang?: 'fr' | 'en' },
): LexiconRule {
  return { id, any, unless, ...rest }
}
