import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'

/** How words were written so that they might pass by; the names are the matcher's (`policies/matcher/lexicon.ts`). */
const disguiseWords: Readonly<Record<string, MessageDescriptor>> = {
  folded: msg`unusual letters or accents`,
  hashtag: msg`within a hashtag`,
  repeated: msg`repeated letters`,
  emoji: msg`pictograms`,
  spaced: msg`letters set apart`,
  joined: msg`words run together`,
  leet: msg`figures or signs for letters`,
  confusable: msg`letters of another alphabet`,
  bidi: msg`letters in another order`,
}

/** The disguise in words; one that this console does not know yet is named by its code. */
export function disguiseName(via: string): string {
  const words = disguiseWords[via]
  return words === undefined ? via : i18n._(words)
}
