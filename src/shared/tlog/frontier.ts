import { foldRoots, hashNode, type Hash } from './merkle.ts'

/** Hashes in one tile: C2SP tlog-tiles fixes the height at 8. */
export const tileWidth = 256

/** A complete tile: 256 hashes one after another, and the root of the subtree that they span. */
export interface FullTile {
  readonly level: number
  readonly index: number
  readonly hashes: Uint8Array
  readonly root: Hash
}

/**
 * The right edge of a growing tree: for each tile level the hashes of its incomplete tile. Any number of leaves pass
 * through in constant memory, and the root follows at every size. Not an evidence store: it only remembers the edge.
 */
export interface Frontier {
  size: number
  /** `edges[level]`: the hashes of the incomplete tile of that tile level, fewer than 256. */
  readonly edges: Hash[][]
}

/** The frontier of the empty tree. */
export function emptyFrontier(): Frontier {
  return { size: 0, edges: [] }
}

/** An independent copy, for work that may have to be thrown away. */
export function copyFrontier(frontier: Frontier): Frontier {
  return { size: frontier.size, edges: frontier.edges.map((edge) => [...edge]) }
}

/** Adds the next leaf; answers the tiles that it completed, lowest level first (almost always none). */
export function appendLeaf(frontier: Frontier, leaf: Hash): FullTile[] {
  frontier.size++
  return carry(frontier, 0, leaf, [])
}

/**
 * Adds 256 leaves at once whose root is known; answers the tiles that they completed, lowest level first. Throws
 * `RangeError` where no complete tile can begin.
 */
export function appendTile(frontier: Frontier, hashes: Uint8Array, root: Hash): FullTile[] {
  if (frontier.size % tileWidth !== 0) throw new RangeError('A tile begins at a multiple of 256.')
  frontier.size += tileWidth
  frontier.edges[0] ??= []
  return carry(frontier, 1, root, [{ level: 0, index: frontier.size / tileWidth - 1, hashes, root }])
}

/** Puts a hash at the edge of a level, and the roots of what that completes at those above. */
function carry(frontier: Frontier, start: number, first: Hash, completed: FullTile[]): FullTile[] {
  let hash = first
  for (let level = start; ; level++) {
    const edge = (frontier.edges[level] ??= [])
    edge.push(hash)
    if (edge.length < tileWidth) return completed
    const tile = completeTile(level, frontier.size / tileWidth ** (level + 1) - 1, edge)
    completed.push(tile)
    edge.length = 0
    hash = tile.root
  }
}

/** The root of the tree so far. */
export function frontierRoot(frontier: Frontier): Hash {
  return foldRoots(frontier.edges.toReversed().flatMap(edgeRoots))
}

function completeTile(level: number, index: number, edge: readonly Hash[]): FullTile {
  const hashes = new Uint8Array(32 * edge.length)
  edge.forEach((hash, at) => hashes.set(hash, 32 * at))
  return { level, index, hashes, root: perfectRoot(edge) }
}

/** The root of 2^n hashes. */
export function perfectRoot(hashes: readonly Hash[]): Hash {
  let row = hashes
  while (row.length > 1) {
    const above: Hash[] = []
    for (let at = 0; at < row.length; at += 2) above.push(hashNode(row[at]!, row[at + 1]!))
    row = above
  }
  return row[0]!
}

/** The perfect subtrees of an incomplete tile, largest first. */
function edgeRoots(edge: readonly Hash[]): Hash[] {
  const roots: Hash[] = []
  let at = 0
  for (let width = tileWidth / 2; width >= 1; width /= 2) {
    if (edge.length - at < width) continue
    roots.push(perfectRoot(edge.slice(at, at + width)))
    at += width
  }
  return roots
}
