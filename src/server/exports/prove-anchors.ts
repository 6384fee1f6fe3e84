import { readAnchors, readCosignatures } from '#server/archive/anchor-queries.ts'
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
  const files: ProofFile[] = []
  for (const treeSize of new Set([cosigned, stamped].flatMap((row) => row?.treeSize ?? []))) {
    const folder = `log/anchors/${treeSize}`
    const proof = await proveConsistency(readNode, treeSize, size)
    const note = (treeSize === cosigned?.treeSize ? cosigned : stamped)!.note
    files.push(
      { name: `${folder}/checkpoint`, content: utf8(note) },
      { name: `${folder}/consistency.json`, content: utf8(`${JSON.stringify(proof.map(toHex))}\n`) },
    )
    if (treeSize === cosigned?.treeSize)
      files.push({ name: `${folder}/cosignatures`, content: utf8(await readCosignatures(db, treeSize)) })
    if (treeSize === stamped?.treeSize && stamped.evidence !== null)
      files.push({ name: `${folder}/timestamp.tsr`, content: stamped.evidence })
  }
  return files
}
