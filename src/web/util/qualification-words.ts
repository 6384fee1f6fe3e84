import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'

/** The qualifications that the shipped policies name; a firm's own are said as its policy writes them. */
const qualificationWords: Readonly<Record<string, MessageDescriptor>> = {
  'finra-principal': msg`Registered principal (FINRA)`,
  's21-approver': msg`Approver of financial promotions (FSMA s.21)`,
}

export function qualificationName(qualification: string): string {
  const words = qualificationWords[qualification]
  return words === undefined ? qualification : i18n._(words)
}

/** What the entry field offers. */
export const knownQualifications: readonly string[] = Object.keys(qualificationWords)
