import type { Person } from '#shared/api/common.ts'

/** A claim is visible to all and ends by itself, so that nobody blocks the queue by leaving. */
export const claimMilliseconds = 10 * 60_000

/** Who has a review in hand at this time; a lapsed claim is nobody's. */
export function holderOf(
  review: {
    readonly claimedById: string | null
    readonly claimedByName: string | null
    readonly claimedUntil: string | null
  },
  now: string,
): Person | null {
  if (review.claimedById === null || review.claimedUntil === null || review.claimedUntil <= now) return null
  return { userId: review.claimedById, displayName: review.claimedByName ?? 'A colleague' }
}

/** To whom a review was handed: nobody else can decide it. */
export function assigneeOf({
  assignedToId,
  assignedToName,
}: {
  readonly assignedToId: string | null
  readonly assignedToName: string | null
}): Person | null {
  return assignedToId === null ? null : { userId: assignedToId, displayName: assignedToName ?? 'A colleague' }
}
