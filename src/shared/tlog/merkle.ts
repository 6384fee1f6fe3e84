import { equalBytes } from './bytes.ts'
import { sha256 } from './sha256.ts'

/** A 32-byte SHA-256 hash. */
export type Hash = Uint8Array

/** The root of the empty tree: SHA-256 of nothing (RFC 6962 section 2.1). */
export const emptyRoot: Hash = sha256(new Uint8Array(0))

/** SHA-256(0x00 ‖ entry), RFC 6962 section 2.1. */
export function hashLeaf(entry: Uint8Array): Hash {
  const bytes = new Uint8Array(1 + entry.length)
  bytes.set(entry, 1)
  return sha256(bytes)
}

const pair = new Uint8Array(65).fill(1, 0, 1)

/** SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1. */
export function hashNode(left: Hash, right: Hash): Hash {
  // One buffer for all calls: the hash is synchronous, and verifying spends its time here.
  pair.set(left, 1)
  pair.set(right, 33)
  return sha256(pair)
}

/** The root that follows from subtree roots in order, largest first, as a growing tree leaves them. */
export function foldRoots(roots: readonly Hash[]): Hash {
  return roots.length === 0 ? emptyRoot : roots.reduceRight((right, left) => hashNode(left, right))
}

/** The perfect subtrees that a range of leaves decomposes into, left to right, as `[level, index]`. */
export function decompose(start: number, end: number): [level: number, index: number][] {
  const nodes: [number, number][] = []
  let at = start
  while (at < end) {
    let level = 0
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++
    nodes.push([level, at / 2 ** level])
    at += 2 ** level
  }
  return nodes
}

/** The largest power of two below `size` (`size` ≥ 2): where RFC 6962 splits a tree. */
export function splitPoint(size: number): number {
  let k = 1
  while (2 * k < size) k *= 2
  return k
}

/**
 * Does the proof show that the leaf stands at `index` of the tree of `size` leaves with this root?
 * RFC 9162 section 2.1.3.2, which is how RFC 6962 proofs are checked without recursion.
 */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  let [fn, sn] = [index, size - 1]
  let hash = leaf
  for (const sibling of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = hashNode(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)]
    } else {
      hash = hashNode(hash, sibling)
    }
    ;[fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]
  }
  return sn === 0 && equalBytes(hash, root)
}

/**
 * Does the proof show that the tree of `newSize` leaves begins with the tree of `oldSize` leaves?
 * RFC 9162 section 2.1.4.2. An empty old tree is the beginning of every tree and has an empty proof.
 */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Hash[],
  oldRoot: Hash,
  newRoot: Hash,
): boolean {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0 || oldSize > newSize) return false
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot)
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, emptyRoot)
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : [...proof]
  const first = path.shift()
  if (first === undefined) return false
  let [fn, sn] = [oldSize - 1, newSize - 1]
  while (fn % 2 === 1) [fn, sn] = [(fn - 1) / 2, Math.floor(sn / 2)]
  let [oldHash, newHash] = [first, first]
  for (const sibling of path) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      oldHash = hashNode(sibling, oldHash)
      newHash = hashNode(sibling, newHash)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)]
    } else {
      newHash = hashNode(newHash, sibling)
    }
    ;[fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]
  }
  return sn === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot)
}
