import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { setNeedsReauthorisation } from './queries.ts'

/** Marks a connected profile whose credential the network refused: it publishes again after somebody connects it anew. */
export async function needReauthorisation(tx: Tx, profileId: string, at: Instant): Promise<void> {
  await setNeedsReauthorisation(tx, profileId, at)
}
