import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'

/** The retention classes that the gateway brings, by what they are for; how many years is said beside, for it can grow. */
const words: Readonly<Record<string, MessageDescriptor>> = {
  'us-bd-3y': msg`Communications of a broker-dealer`,
  'us-bd-6y': msg`Books and records of a broker-dealer`,
  'adviser-5y': msg`Communications of an investment adviser`,
  'mifid-5y': msg`MiFID II, the usual term`,
  'mifid-7y': msg`MiFID II, the longer term`,
  pharma: msg`Promotion of medicines`,
  permanent: msg`Kept for good`,
}

/** A class in the reader's language; one that a firm entered has its own name. */
export function retentionName(code: string): string {
  const found = words[code]
  return found === undefined ? code : i18n._(found)
}
