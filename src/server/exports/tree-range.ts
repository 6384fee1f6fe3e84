import { decompose, foldRoots, hashNode, type Hash } from '#shared/tlog/merkle.ts'
import type { NodeReader } from '#shared/tlog/prove.ts'

/** A stretch of the log, `first` ≤ index < `end`, in the tree of `size` leaves. */
export interface LogRange {
  readonly first: number
  readonly end: number
  readonly size: number
}

/** The roots of the perfect subtrees before and behind a range: with its leaves they make the root of the whole tree. */
export interface RangeEdges {
  readonly left: readonly Hash[]
  readonly right: readonly Hash[]
}

/** The edges of a range, from the tiles. About 2 × log₂(size) hashes. */
export async function proveRange(read: NodeReader, range: LogRange): Promise<RangeEdges> {
  const roots = (start: number, end: number) =>
    Promise.all(decompose(start, end).map(([level, index]) => read(level, index)))
  return { left: await roots(0, range.first), right: await roots(range.end, range.size) }
}

/** Joins nodes from left to right into the root of their tree, in memory of log₂(size) hashes. */
export class TreeBuilder {
  readonly #stack: { level: number; hash: Hash }[] = []
  #size = 0

  /** Adds the next perfect subtree of 2^level leaves; it must stand where the tree ends, as `decompose` gives them. */
  add(level: number, hash: Hash): void {
    if (this.#size % 2 ** level !== 0) throw new RangeError('The node does not stand at the end of the tree.')
    this.#size += 2 ** level
    let node = { level, hash }
    for (let left = this.#stack.at(-1); left?.level === node.level; left = this.#stack.at(-1)) {
      this.#stack.pop()
      node = { level: node.level + 1, hash: hashNode(left.hash, node.hash) }
    }
    this.#stack.push(node)
  }

  /** Adds the subtrees that a stretch decomposes into. */
  addAll(start: number, end: number, hashes: readonly Hash[]): void {
    const nodes = decompose(start, end)
    if (nodes.length !== hashes.length)
      throw new RangeError(`The stretch ${start} to ${end} has ${nodes.length} nodes, not ${hashes.length}.`)
    nodes.forEach(([level], at) => this.add(level, hashes[at]!))
  }

  root(): Hash {
    return foldRoots(this.#stack.map((node) => node.hash))
  }
}
