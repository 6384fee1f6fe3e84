import { msg } from '@lingui/core/macro'

/** A version's place in its life. */
export const versionWords = {
  draft: { label: msg`Draft, waits for a second person`, tone: 'review' },
  approved: { label: msg`Approved, not active`, tone: 'note' },
  active: { label: msg`Active`, tone: 'ok' },
  retired: { label: msg`Retired`, tone: 'neutral' },
} as const

export const simulationWords = {
  waiting: { label: msg`Waiting`, tone: 'neutral' },
  running: { label: msg`Running`, tone: 'note' },
  completed: { label: msg`Completed`, tone: 'ok' },
  cancelled: { label: msg`Cancelled`, tone: 'hold' },
  failed: { label: msg`Failed`, tone: 'block' },
} as const

/** A version as people name it: the first figures of its fingerprint. */
export function shortVersion(version: string): string {
  return version.slice(0, 12)
}
