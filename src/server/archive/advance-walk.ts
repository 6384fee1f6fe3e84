import { equalBytes } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import {
  appendLeaf,
  appendTile,
  copyFrontier,
  frontierRoot,
  tileWidth,
  type Frontier,
  type FullTile,
} from '#shared/tlog/frontier.ts'
import type { BucketSeal } from './bucket-listing.ts'
import type { SealSummary } from './summarise-seal.ts'
import type { Walk } from './verify-seal.ts'

/**
 * Goes one seal further when everything in its summary follows from what came before it and gives the signed root; answers
 * the tiles that it completed. `undefined`, and nothing changed, when anything does not agree.
 */
export function advance(
  walk: Walk,
  seal: BucketSeal,
  checkpoint: Checkpoint | undefined,
  summary: SealSummary,
): FullTile[] | undefined {
  const { sequences } = walk
  if (summary.firstAt < walk.lastAt) return undefined
  if (sequences !== undefined && summary.streams.some(([key, first]) => (sequences.get(key) ?? 0) !== first))
    return undefined
  const frontier = copyFrontier(walk.frontier)
  const tiles = growBy(frontier, summary)
  const agrees = checkpoint === undefined || equalBytes(frontierRoot(frontier), checkpoint.root)
  if (!agrees || frontier.size !== seal.treeSize) return undefined
  walk.frontier = frontier
  walk.lastAt = summary.lastAt
  for (const [key, first, count] of summary.streams) sequences?.set(key, first + count)
  return tiles
}

/** Leaf by leaf up to a tile's beginning, tile by tile, and leaf by leaf again. */
function growBy(frontier: Frontier, { leaves, roots }: SealSummary): FullTile[] {
  const tiles: FullTile[] = []
  const count = leaves.length / 32
  let root = 0
  for (let at = 0; at < count;) {
    if (frontier.size % tileWidth === 0 && count - at >= tileWidth) {
      const hashes = leaves.subarray(32 * at, 32 * (at + tileWidth))
      tiles.push(...appendTile(frontier, hashes, roots.slice(root, root + 32)))
      root += 32
      at += tileWidth
    } else {
      tiles.push(...appendLeaf(frontier, leaves.slice(32 * at, 32 * (at + 1))))
      at++
    }
  }
  return tiles
}
