import type { ObjectStore } from '#server/platform/object-store.ts'
import { fromUtf8 } from '#shared/tlog/bytes.ts'
import type { BucketLog } from './bucket-log.ts'
import { checkpointKey, cosignatureFolder, cosignatureSize, timestampFolder, timestampSize } from './object-keys.ts'

/** What outside parties said of one checkpoint of the log, as the bucket keeps it. */
export interface BucketAnchor {
  readonly treeSize: number
  readonly note: string
  /** Signature lines of witnesses, each with its line feed; '' where there is none. */
  readonly cosignatures: string
  /** An authority's answer. */
  readonly timestamp: Uint8Array | undefined
}

/** The newest checkpoint that a witness signed and the newest that an authority stamped, within the proven log. */
export async function readBucketAnchors(
  store: Pick<ObjectStore, 'get' | 'list'>,
  log: Pick<BucketLog, 'size' | 'source'>,
): Promise<BucketAnchor[]> {
  const cosigned = await newestKeys(store, cosignatureFolder, cosignatureSize, log.size)
  const stamped = await newestKeys(store, timestampFolder, timestampSize, log.size)
  const anchors: BucketAnchor[] = []
  for (const treeSize of new Set([cosigned.treeSize, stamped.treeSize])) {
    const note = treeSize === 0 ? undefined : await log.source.read(checkpointKey(treeSize))
    if (note === undefined) continue
    const lines = treeSize === cosigned.treeSize ? await Promise.all(cosigned.keys.map((key) => store.get(key))) : []
    anchors.push({
      treeSize,
      note: fromUtf8(note),
      cosignatures: lines.map((line) => (line === undefined ? '' : fromUtf8(line))).join(''),
      timestamp: treeSize === stamped.treeSize ? await store.get(stamped.keys[0]!) : undefined,
    })
  }
  return anchors
}

async function newestKeys(
  store: Pick<ObjectStore, 'list'>,
  folder: string,
  sizeOf: (key: string) => number | undefined,
  most: number,
): Promise<{ treeSize: number; keys: string[] }> {
  let newest: { treeSize: number; keys: string[] } = { treeSize: 0, keys: [] }
  for await (const { key, deleteMarker } of store.list(folder)) {
    const treeSize = deleteMarker ? undefined : sizeOf(key)
    if (treeSize === undefined || treeSize > most || treeSize < newest.treeSize) continue
    if (treeSize > newest.treeSize) newest = { treeSize, keys: [] }
    if (!newest.keys.includes(key)) newest.keys.push(key)
  }
  return newest
}
