import { createHash } from 'node:crypto'

/** Which share of its route is reviewed after release, and whether this revision is among them. */
export interface Sample {
  /** The share that the policy states, as a whole number: 5 % is 50,000. Evidence holds no fractions. */
  readonly perMillion: number
  readonly selected: boolean
}

const span = 2 ** 48

/**
 * Draws the sample by the hash of the revision's id: nobody can choose it, and anybody can draw it again. Null when no
 * route of the verdict is sampled.
 */
export function chooseSample(revisionId: string, share: number | undefined): Sample | null {
  if (share === undefined) return null
  const drawn = createHash('sha256').update(revisionId).digest().readUIntBE(0, 6) / span
  const perMillion = Math.round(share * 1_000_000)
  return { perMillion, selected: drawn < perMillion / 1_000_000 }
}
