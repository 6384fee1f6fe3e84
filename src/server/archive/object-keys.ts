import { tilePath } from '#shared/tlog/tiles.ts'

/** Where things lie in the bucket. Numbers are padded so that key order is log order. */

/** One seal's entries, one JSON text a line. */
export function entriesKey(firstIndex: number, treeSize: number): string {
  return `entries/${pad(firstIndex)}-${pad(treeSize)}.jsonl.zst`
}

/** One seal's bodies of one retention class that may go in one month (`yyyy-mm`, `9999-12` for never). */
export function bodiesKey(retentionClass: string, month: string, treeSize: number): string {
  return `bodies/${retentionClass}/${month}/${pad(treeSize)}.jsonl.zst`
}

/** A complete tile, as C2SP tlog-tiles names it. */
export function tileKey(level: number, index: number): string {
  return tilePath({ level, index, width: 256 })
}

/** A media file, by the SHA-256 of its bytes in hex. It has the same name in a package. */
export function mediaKey(sha256: string): string {
  return `media/${sha256}`
}

/** The answer of a timestamping authority about one checkpoint. */
export function timestampKey(treeSize: number): string {
  return `${timestampFolder}${pad(treeSize)}.tsr`
}

/** Where all answers of timestamping authorities lie. */
export const timestampFolder = 'anchor/timestamp/'

/** A witness's signature of one checkpoint; `keyId` is its key's id in hex, because names may hold anything. */
export function cosignatureKey(treeSize: number, keyId: string): string {
  return `${cosignatureFolder}${pad(treeSize)}/${keyId}`
}

/** Where all signatures of witnesses lie. */
export const cosignatureFolder = 'anchor/cosignature/'

/** The size in the key of a witness's signature; `undefined` for a key of something else. */
export function cosignatureSize(key: string): number | undefined {
  const match = /^anchor\/cosignature\/(\d{12})\/[0-9a-f]{8}$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

/** Checkpoints lie in folders of a million entries: the newest is found without listing all. */
export function checkpointKey(treeSize: number): string {
  return `${checkpointFolder(Math.floor(treeSize / 1e6))}${pad(treeSize)}`
}

/** The folder of the checkpoints whose size is in the given million. */
export function checkpointFolder(million: number): string {
  return `checkpoint/${String(million).padStart(6, '0')}/`
}

/** The size in a checkpoint's key; `undefined` for a key of something else. */
export function checkpointSize(key: string): number | undefined {
  const match = /^checkpoint\/\d{6}\/(\d{12})$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

/** The size in the key of a timestamp; `undefined` for a key of something else. */
export function timestampSize(key: string): number | undefined {
  const match = /^anchor\/timestamp\/(\d{12})\.tsr$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

/** The range in the key of a file of entries; `undefined` for a key of something else. */
export function entriesRange(key: string): { firstIndex: number; treeSize: number } | undefined {
  const match = /^entries\/(\d{12})-(\d{12})\.jsonl\.zst$/.exec(key)
  return match === null ? undefined : { firstIndex: Number(match[1]), treeSize: Number(match[2]) }
}

/** Class, month and seal in the key of a file of bodies; `undefined` for a key of something else. */
export function bodiesMonth(key: string): { retentionClass: string; month: string; treeSize: number } | undefined {
  const match = /^bodies\/([^/]+)\/(\d{4}-\d{2})\/(\d{12})\.jsonl\.zst$/.exec(key)
  return match === null ? undefined : { retentionClass: match[1]!, month: match[2]!, treeSize: Number(match[3]) }
}

function pad(size: number): string {
  return String(size).padStart(12, '0')
}
