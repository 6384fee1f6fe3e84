import type { ArchiveRecord, RecordProof } from '#shared/api/archive.ts'
import { concatBytes, fromBase64, fromHex, toHex, utf8 } from '#shared/tlog/bytes.ts'
import { openCheckpoint } from '#shared/tlog/checkpoint.ts'
import { hashLeaf, verifyInclusion } from '#shared/tlog/merkle.ts'
import { parseVerifierKey } from '#shared/tlog/note.ts'
import { sha256 } from '#shared/tlog/sha256.ts'

export type StepName = 'body' | 'header' | 'entry' | 'path' | 'signature'

export interface Step {
  readonly name: StepName
  /** Undefined where there is nothing left to check: the body was destroyed at the end of its retention. */
  readonly ok: boolean | undefined
}

/**
 * Verifies one record in this browser, without believing the server: the body against the header's hash, the header inside
 * the entry, the entry's place in the tree (RFC 6962), and the signature over the tree's root (C2SP signed note).
 */
export async function verifyProof(record: ArchiveRecord, proof: RecordProof): Promise<Step[]> {
  const header = JSON.parse(record.header) as { bodyHash: string; id: string }
  const leaf = hashLeaf(utf8(proof.entry))
  const checkpoint = await openCheckpoint(proof.checkpoint, parseVerifierKey(proof.verifierKey)).catch(() => undefined)
  const path = proof.inclusionProof.map((hash) => fromHex(hash))
  return [
    { name: 'body', ok: bodyMatches(record, header.bodyHash) },
    { name: 'header', ok: header.id === record.recordId },
    { name: 'entry', ok: entryHolds(proof, record.header) && toHex(leaf) === proof.leafHash },
    { name: 'path', ok: verifyInclusion(leaf, proof.logIndex, proof.treeSize, path, fromHex(proof.rootHash)) },
    {
      name: 'signature',
      ok: checkpoint !== undefined && checkpoint.size === proof.treeSize && toHex(checkpoint.root) === proof.rootHash,
    },
  ]
}

function bodyMatches(record: ArchiveRecord, bodyHash: string): boolean | undefined {
  if (record.body === null || record.salt === null) return undefined
  return toHex(sha256(concatBytes(Uint8Array.of(2), fromBase64(record.salt), utf8(record.body)))) === bodyHash
}

/** The entry carries the header verbatim, and the log index that the proof claims. */
function entryHolds(proof: RecordProof, header: string): boolean {
  const entry = JSON.parse(proof.entry) as { n: number }
  return proof.entry.includes(`"h":${header}`) && entry.n === proof.logIndex
}
