import { parseWitnessKey } from '#shared/tlog/cosignature.ts'
import type { ObjectStore } from './object-store.ts'

/** An authority that says when it saw a checkpoint (RFC 3161). */
export interface TimestampAuthority {
  readonly url: string
  /** The certificates (PEM) that its tokens must lead to. */
  readonly certificates: string
  readonly everyMinutes: number
}

/** A C2SP witness: it signs a checkpoint only when that continues the last one it saw. */
export interface Witness {
  /** `<name>+<hex key id>+<base64 of 0x04 and the Ed25519 key>`. */
  readonly verifierKey: string
  /** The submission prefix: `add-checkpoint` is called below it. */
  readonly url: string
}

/** Parties outside the reach of whoever runs the gateway. What they were shown cannot be taken back unseen. */
export interface Anchors {
  /** A bucket in another account that receives checkpoints, entries and tiles; never content. */
  readonly store?: ObjectStore | undefined
  readonly timestamp?: TimestampAuthority | undefined
  readonly witnesses: readonly Witness[]
}

/** What the second bucket is called. */
export const copyName = 'second bucket'

/** An authority is called by its host. */
export function timestampName({ url }: Pick<TimestampAuthority, 'url'>): string {
  return `timestamp ${new URL(url).host}`
}

/** The names of what is configured: what was shown to others before is history. */
export function anchorNames({ store, timestamp, witnesses }: Anchors): string[] {
  return [
    ...(store === undefined ? [] : [copyName]),
    ...(timestamp === undefined ? [] : [timestampName(timestamp)]),
    ...witnesses.map(({ verifierKey }) => parseWitnessKey(verifierKey).name),
  ]
}
