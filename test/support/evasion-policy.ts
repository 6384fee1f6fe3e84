import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { compileLexicons, type Matcher } from '#server/policies/matcher/compile-lexicons.ts'
import type { EvasionLevel, Hit, Language, LexiconRule, Term } from '#server/policies/matcher/lexicon.ts'
import { matchText } from '#server/policies/matcher/match-text.ts'

interface PolicyFile {
  lists: Record<string, Term[]>
  rules: { id: string; lang?: Language; any?: Term[]; unless?: Term[] }[]
}

/** A hit of the small evasion policy, with its rule by name and the text that it lies over. */
export interface NamedHit extends Omit<Hit, 'rule' | 'field'> {
  rule: string
  matched: string
}

/** Reads a file of `test/vectors/`. */
export function readVectors(name: string): string {
  return readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
}

const policy = parse(readVectors('evasion-policy.yaml')) as PolicyFile
const rules = policy.rules.filter((rule) => rule.any !== undefined)

/** The lexicon rules of `test/vectors/evasion-policy.yaml`, compiled. */
export function compileEvasionPolicy(evasion: EvasionLevel): Matcher {
  const lexicons = rules.map(({ id, lang, any, unless }): LexiconRule => ({
    id,
    any: any ?? [],
    unless: unless ?? [],
    ...(lang === undefined ? {} : { lang }),
    match: 'word',
    fold: ['case', 'accents'],
    evasion,
  }))
  return compileLexicons(lexicons, policy.lists)
}

/** Scans one body against the policy. */
export function findHits(matcher: Matcher, text: string, lang?: Language): NamedHit[] {
  return matchText(matcher, [{ field: 'text', text, kind: 'body' }], { lang }).map(({ rule, start, end, via }) => ({
    rule: rules[rule]?.id ?? '',
    start,
    end,
    via,
    matched: text.slice(start, end),
  }))
}
