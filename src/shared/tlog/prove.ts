import { decompose, foldRoots, splitPoint, type Hash } from './merkle.ts'

/** Answers the root of the perfect subtree of 2^level leaves number `index` at that level. */
export type NodeReader = (level: number, index: number) => Promise<Hash>

/** The root of the leaves `start` ≤ i < `end`, where the range is one that RFC 6962 recursion meets. */
export async function readRoot(read: NodeReader, start: number, end: number): Promise<Hash> {
  const roots: Hash[] = []
  for (const [level, index] of decompose(start, end)) roots.push(await read(level, index))
  return foldRoots(roots)
}

/** The inclusion proof of leaf `index` in the tree of `size` leaves, leaf to root: PATH of RFC 6962 section 2.1.1. */
export async function proveInclusion(read: NodeReader, index: number, size: number): Promise<Hash[]> {
  if (!(index >= 0 && index < size)) throw new RangeError('The leaf is not in the tree.')
  let [start, end] = [0, size]
  const proof: Hash[] = []
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      proof.unshift(await readRoot(read, middle, end))
      end = middle
    } else {
      proof.unshift(await readRoot(read, start, middle))
      start = middle
    }
  }
  return proof
}

/** The consistency proof between two sizes of one tree: PROOF of RFC 6962 section 2.1.2; empty for an empty old tree. */
export async function proveConsistency(read: NodeReader, oldSize: number, newSize: number): Promise<Hash[]> {
  if (!(oldSize >= 0 && oldSize <= newSize)) throw new RangeError('The old tree is larger than the new one.')
  if (oldSize === 0 || oldSize === newSize) return []
  let [start, end] = [0, newSize]
  const proof: Hash[] = []
  // `start` > 0 means that the old root is no longer what the recursion would find by itself (b is false).
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start)
    if (oldSize <= middle) {
      proof.unshift(await readRoot(read, middle, end))
      end = middle
    } else {
      proof.unshift(await readRoot(read, start, middle))
      start = middle
    }
  }
  return start === 0 ? proof : [await readRoot(read, start, end), ...proof]
}
