import { isMap, isSeq, parseDocument } from 'yaml'
import { AppError } from '#server/platform/app-error.ts'
import type { PolicyFileSource } from './parse-policy-file.ts'

/** A term that shall cancel the hits of a rule which it overlaps. */
export interface Exclusion {
  readonly ruleId: string
  readonly unless: string
}

/** Files with terms added to `unless` of rules, everything else as it was. Pure. Throws `unprocessable` for no such rule. */
export function excludeTerms(
  files: readonly PolicyFileSource[],
  exclusions: readonly Exclusion[],
): readonly PolicyFileSource[] {
  const documents = files.map(({ path, text }) => ({ path, document: parseDocument(text) }))
  for (const { ruleId, unless } of exclusions) {
    const rule = documents.map(({ document }) => findRule(document.get('rules'), ruleId)).find((found) => found)
    if (rule === undefined) throw new AppError('unprocessable', `The version has no rule “${ruleId}”.`)
    const terms = rule.get('unless')
    if (isSeq(terms)) terms.add(unless)
    else rule.set('unless', [unless])
  }
  return documents.map(({ path, document }) => ({ path, text: document.toString() }))
}

function findRule(rules: unknown, ruleId: string) {
  if (!isSeq(rules)) return undefined
  return rules.items.filter((item) => isMap(item)).find((item) => item.get('id') === ruleId)
}
