import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'

/** Clauses of the shipped rules that are not the same in every language. */
export const clauseWords: Readonly<Record<string, MessageDescriptor>> = {
  'House rules, tone': msg`House rules, tone`,
  'House rules, plain text': msg`House rules, plain text`,
  'House rules, networks': msg`House rules, networks`,
  'House rules, links; FINRA 17-18': msg`House rules, links; FINRA 17-18`,
  'GDPR art. 5(1)(f)': msg`GDPR art. 5(1)(f)`,
  'GDPR art. 5(1)(c)': msg`GDPR art. 5(1)(c)`,
  'GDPR art. 87; décret 2019-341': msg`GDPR art. 87; décret 2019-341`,
  'PCI DSS 3.4; GDPR art. 5(1)(f)': msg`PCI DSS 3.4; GDPR art. 5(1)(f)`,
  'MAR art. 8 and 10; Exchange Act 10b-5': msg`MAR art. 8 and 10; Exchange Act 10b-5`,
  'European Accessibility Act': msg`European Accessibility Act`,
}

/** A clause in the reader's language; the firm's own are said as they were written. */
export function clauseName(clause: string): string {
  const words = clauseWords[clause]
  return words === undefined ? clause : i18n._(words)
}
