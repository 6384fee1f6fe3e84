import { perfectRoot, tileWidth } from './frontier.ts'
import type { Hash } from './merkle.ts'
import type { NodeReader } from './prove.ts'

/** A tile of hashes (`level` 0–5) or of entries, complete (`width` 256) or partial. */
export interface TileName {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** The path of a tile: `tile/<L>/<N>[.p/<W>]`, C2SP tlog-tiles "Merkle Tree". */
export function tilePath(tile: TileName): string {
  const partial = tile.width === tileWidth ? '' : `.p/${tile.width}`
  return `tile/${tile.level}/${tileNumber(tile.index)}${partial}`
}

/** Groups of three digits, all but the last marked with `x`: 1234067 is `x001/x234/067`. */
function tileNumber(index: number): string {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  }
  return groups.join('/')
}

/** Reads a tile's path; `undefined` for anything that `tilePath` would not have written. */
export function parseTilePath(path: string): TileName | undefined {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (match === null) return undefined
  const tile: TileName = {
    level: match[1] === 'entries' ? 'entries' : Number(match[1]),
    index: Number(match[2]!.replaceAll(/[x/]/g, '')),
    width: match[3] === undefined ? tileWidth : Number(match[3]),
  }
  const sane =
    tile.width >= 1 &&
    tile.width <= tileWidth &&
    Number.isSafeInteger(tile.index) &&
    (tile.level === 'entries' || tile.level <= 5)
  return sane && tilePath(tile) === path ? tile : undefined
}

/** How many hashes the tile holds in a tree of `size` leaves: 256 when complete, 0 when it does not exist yet. */
export function tileWidthAt(size: number, level: number | 'entries', index: number): number {
  const nodes = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level))
  return Math.min(tileWidth, Math.max(0, nodes - index * tileWidth))
}

/** Reads the bytes of a tile of hashes. */
export type TileReader = (tile: TileName & { readonly level: number }) => Promise<Uint8Array>

/** Answers subtree roots of a tree of `size` leaves from its tiles; each tile is read once. */
export function nodesFromTiles(readTile: TileReader, size: number): NodeReader {
  const cache = new Map<string, Promise<Uint8Array>>()
  return async (nodeLevel, nodeIndex) => {
    const level = Math.floor(nodeLevel / 8)
    const span = 2 ** (nodeLevel % 8)
    const index = Math.floor((nodeIndex * span) / tileWidth)
    const tile = { level, index, width: tileWidthAt(size, level, index) }
    const key = tilePath(tile)
    if (!cache.has(key)) cache.set(key, readTile(tile))
    const hashes = splitHashes((await cache.get(key))!)
    const start = nodeIndex * span - index * tileWidth
    if (hashes.length < start + span) throw new RangeError(`${key} is too short.`)
    return perfectRoot(hashes.slice(start, start + span))
  }
}

/** The hashes of a tile, one by one. */
export function splitHashes(bytes: Uint8Array): Hash[] {
  if (bytes.length % 32 !== 0) throw new RangeError('A tile is a sequence of 32-byte hashes.')
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(32 * at, 32 * at + 32))
}

/** An entry bundle: each entry behind its length as a big-endian 16-bit number (C2SP tlog-tiles "Log Entries"). */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > 0xffff) throw new RangeError('An entry is at most 65,535 bytes.')
    view.setUint16(at, entry.length)
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bytes
}

/** The entries of a bundle; throws `RangeError` when the bytes end inside one. */
export function decodeEntries(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 2 > bytes.length) throw new RangeError('The entry bundle is truncated.')
    const end = at + 2 + view.getUint16(at)
    if (end > bytes.length) throw new RangeError('The entry bundle is truncated.')
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return entries
}
