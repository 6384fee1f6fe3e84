import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import type { PostStatus } from '#shared/post-status.ts'
import type { Tone } from '#web/ui/Notice.tsx'

/** Each state by its own name: a waiting post is never filed under another word. */
export const statusWords: Record<PostStatus, { label: MessageDescriptor; tone: Tone | 'neutral' }> = {
  draft: { label: msg`Draft`, tone: 'neutral' },
  blocked: { label: msg`Blocked by policy`, tone: 'block' },
  in_review: { label: msg`In review`, tone: 'note' },
  changes_requested: { label: msg`Changes requested`, tone: 'review' },
  rejected: { label: msg`Rejected`, tone: 'block' },
  approved: { label: msg`Approved`, tone: 'ok' },
  scheduled: { label: msg`Scheduled`, tone: 'note' },
  publishing: { label: msg`Publishing`, tone: 'note' },
  published: { label: msg`Published`, tone: 'ok' },
  partly_published: { label: msg`Partly published`, tone: 'review' },
  unconfirmed: { label: msg`Being confirmed`, tone: 'review' },
  failed: { label: msg`Failed`, tone: 'block' },
  stopped: { label: msg`Held by a stop`, tone: 'hold' },
  expired: { label: msg`Slot missed`, tone: 'review' },
  withdrawn: { label: msg`Withdrawn`, tone: 'neutral' },
  retracted: { label: msg`Retracted`, tone: 'neutral' },
}

/** The beginning of a text as a title: whole words, at most 60 characters. */
export function firstWords(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= 60) return line
  const end = line.lastIndexOf(' ', 60)
  const words = end > 20 ? line.slice(0, end) : Array.from(line).slice(0, 60).join('')
  return `${words.replace(/[\s,;:.?!–]+$/, '')}…`
}

/** Stages are named by the policy; those of the shipped one have words in both languages. */
const stageWords: Readonly<Record<string, MessageDescriptor>> = {
  compliance: msg`Compliance`,
  legal: msg`Legal department`,
  principal: msg`Registered principal`,
}

export function stageName(stage: string): string {
  const words = stageWords[stage]
  return words === undefined ? stage : i18n._(words)
}

export const severityWords = {
  block: { label: msg`Blocks`, tone: 'block' },
  review: { label: msg`Needs a reviewer`, tone: 'review' },
  note: { label: msg`Note`, tone: 'note' },
} as const satisfies Record<string, { label: MessageDescriptor; tone: Tone }>

export const verdictWords = {
  pass: { label: msg`Nothing found`, tone: 'ok' },
  review: { label: msg`To review`, tone: 'review' },
  block: { label: msg`Blocked`, tone: 'block' },
} as const satisfies Record<string, { label: MessageDescriptor; tone: Tone }>

export const classWords = {
  retail: msg`Retail`,
  correspondence: msg`Correspondence`,
  institutional: msg`Institutional`,
} as const

/** Languages in which a post may be written. */
export const languageWords = { en: msg`English`, fr: msg`French` } as const

export const publicationWords = {
  waiting: { label: msg`Waiting`, tone: 'neutral' },
  publishing: { label: msg`Publishing`, tone: 'note' },
  published: { label: msg`Published`, tone: 'ok' },
  failed: { label: msg`Failed`, tone: 'block' },
  unconfirmed: { label: msg`Being confirmed`, tone: 'review' },
  stopped: { label: msg`Held by a stop`, tone: 'hold' },
  cancelled: { label: msg`Cancelled`, tone: 'neutral' },
  retracted: { label: msg`Retracted`, tone: 'neutral' },
} as const satisfies Record<string, { label: MessageDescriptor; tone: Tone | 'neutral' }>

export const networkNames: Readonly<Record<string, string>> = {
  sandbox: 'Sandbox',
  bluesky: 'Bluesky',
  mastodon: 'Mastodon',
  linkedin: 'LinkedIn',
  x: 'X',
}

export function networkName(network: string): string {
  return networkNames[network] ?? network
}
