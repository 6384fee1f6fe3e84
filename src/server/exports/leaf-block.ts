import { perfectTileRoot } from '#server/archive/perfect-roots.ts'
import type { Hash } from '#shared/tlog/merkle.ts'
import { hashLine, type LineBatch } from './line-batch.ts'
import { leavesPerNode } from './manifest.ts'

const hashSize = 32
/** Longer than any entry that a log holds. */
export const longestEntry = 65_536

/** Leaves and their perfect subtree in one piece of memory: nothing is allocated a hash. */
export class LeafBlock {
  count = 0
  readonly #hashes = Buffer.alloc(leavesPerNode * hashSize)

  get isFull(): boolean {
    return this.count === leavesPerNode
  }

  /** Adds the leaf of a batch's line `number`, `start` ≤ byte < `end`. Throws `RangeError` when no log holds such an entry. */
  add({ bytes, hashed }: LineBatch, number: number, start: number, end: number): void {
    if (end - start > longestEntry) throw new RangeError(`An entry is longer than ${longestEntry} bytes.`)
    const at = hashSize * this.count
    if (hashed === undefined) this.#hashes.write(hashLine(bytes, start, end), at, 'latin1')
    else hashed.leaves.copy(this.#hashes, at, hashSize * number, hashSize * (number + 1))
    this.count += 1
  }

  /** The root of a full block; it is empty afterwards. */
  takeRoot(): Hash {
    this.count = 0
    return perfectTileRoot(this.#hashes)
  }

  /** The leaves of a block that was never filled; it is empty afterwards. */
  takeLeaves(): Hash[] {
    const leaves = Array.from({ length: this.count }, (_, at) =>
      Buffer.from(this.#hashes.subarray(at * hashSize, (at + 1) * hashSize)),
    )
    this.count = 0
    return leaves
  }
}
