import { readAnchors, readCosignatures } from '#server/archive/anchor-queries.ts'
import type { BucketAnchor } from '#server/archive/bucket-anchors.ts'
import type { Db } from '#server/platform/database.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { proveConsistency, type NodeReader } from '#shared/tlog/prove.ts'

/** A file of proof, to be put into a package. */
export interface ProofFile {
  readonly name: string
  readonly content: Uint8Array
}

/**
 * What outside parties said of the sealed log of a size: the newest checkpoint that a witness signed, the newest that an
 * authority stamped, each with the proof that the package's log continues it. None where the firm has no anchors.
 */
export async function proveAnchors(db: Db, size: number, readNode: NodeReader): Promise<ProofFile[]> {
  const [cosigned] = await readAnchors(db, 'witness', size + 1, 1)
  const [stamped] = await readAnchors(db, 'timestamp', size + 1, 1)
  const anchors: BucketAnchor[] = []
  for (const treeSize of new Set([cosigned, stamped].flatMap((row) => row?.treeSize ?? [])))
    anchors.push({
      treeSize,
      note: (treeSize === cosigned?.treeSize ? cosigned : stamped)!.note,
      cosignatures: treeSize === cosigned?.treeSize ? await readCosignatures(db, treeSize) : '',
      timestamp: treeSize === stamped?.treeSize ? (stamped.evidence ?? undefined) : undefined,
    })
  return packAnchors(anchors, size, readNode)
}

/** The files of anchors, wherever they were read. */
export async function packAnchors(
  anchors: readonly BucketAnchor[],
  size: number,
  readNode: NodeReader,
): Promise<ProofFile[]> {
  const files: ProofFile[] = []
  for (const { treeSize, note, cosignatures, timestamp } of anchors) {
    const folder = `log/anchors/${treeSize}`
    const proof = await proveConsistency(readNode, treeSize, size)
    files.push(
      { name: `${folder}/checkpoint`, content: utf8(note) },
      { name: `${folder}/consistency.json`, content: utf8(`${JSON.stringify(proof.map(toHex))}\n`) },
    )
    if (cosignatures !== '') files.push({ name: `${folder}/cosignatures`, content: utf8(cosignatures) })
    if (timestamp !== undefined) files.push({ name: `${folder}/timestamp.tsr`, content: timestamp })
  }
  return files
}
