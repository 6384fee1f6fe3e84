import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'

/** The legal bases of the retention classes that the gateway brings, and their jurisdictions. */
const basisWords: Readonly<Record<string, MessageDescriptor>> = {
  'SEC Rule 17a-4(b)(4): communications of a broker-dealer': msg`SEC Rule 17a-4(b)(4): communications of a broker-dealer`,
  'SEC Rule 17a-4(a): books and records kept six years': msg`SEC Rule 17a-4(a): books and records kept six years`,
  'Advisers Act Rule 204-2(e): five years': msg`Advisers Act Rule 204-2(e): five years`,
  'MiFID II article 16(7): five years': msg`MiFID II article 16(7): five years`,
  'MiFID II article 16(7): seven years where the authority asks': msg`MiFID II article 16(7): seven years where the authority asks`,
  "Directive 2001/83/EC article 98: promotional material, with the firm's own term": msg`Directive 2001/83/EC article 98: promotional material, with the firm’s own term`,
  'The firm keeps it for good': msg`The firm keeps it for good`,
}
const jurisdictionWords: Readonly<Record<string, MessageDescriptor>> = {
  US: msg`United States`,
  EU: msg`European Union`,
  any: msg({ message: 'Any', context: 'jurisdiction' }),
}

/** A legal basis in the reader's language; one that a firm entered is said as it was written. */
export function basisName(basis: string): string {
  const words = basisWords[basis]
  return words === undefined ? basis : i18n._(words)
}

export function jurisdictionName(jurisdiction: string): string {
  const words = jurisdictionWords[jurisdiction]
  return words === undefined ? jurisdiction : i18n._(words)
}
