import { lexiconOf } from './compile-rule.ts'
import { compileLexicons, type Matcher } from './matcher/compile-lexicons.ts'
import { LexiconError, type LexiconRule, type Term } from './matcher/lexicon.ts'
import type { ParsedPolicyFile, YamlPath } from './parse-policy-file.ts'
import type { CompiledRule, LexiconOwner } from './policy.ts'
import type { PolicyProblem } from './policy-error.ts'

/** Where a lexicon came from, to name its line when the matcher refuses a term. */
export interface Origin {
  readonly file: ParsedPolicyFile
  readonly place: YamlPath
}

export interface GatheredLexicons {
  readonly rules: LexiconRule[]
  readonly origins: Origin[]
  readonly owners: LexiconOwner[]
}

export function gatherLexicons(
  files: readonly ParsedPolicyFile[],
  rules: readonly CompiledRule[],
  disclosures: readonly { readonly origin: Origin; readonly rule: LexiconRule }[],
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
export function compileMatcher(
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
