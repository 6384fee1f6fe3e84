import { hash } from 'node:crypto'
import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { verifyHead, type ProvenHead } from '#server/archive/stream-directory.ts'
import { fromHex, fromUtf8, utf8 } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import { hashLeaf, verifyInclusion } from '#shared/tlog/merkle.ts'

/** The streams whose entries a package delivers; everything else stands as hashes. */
export interface ProvenStreams {
  readonly kind: 'author' | 'profile' | 'unit'
  readonly ids: readonly string[]
}

const hex = Type.String({ pattern: '^[0-9a-f]{64}$' })
const count = Type.Integer({ minimum: 0 })

/** `log/directory.json`: the record that fixes the streams' lengths, its place in the log, and the heads of the streams here. */
export const DirectoryProof = Type.Object({
  /** The entry's exact text. */
  entry: Type.String(),
  index: count,
  inclusion: Type.Array(hex),
  salt: Type.String(),
  /** The record's body, its exact text. */
  body: Type.String(),
  heads: Type.Array(
    Type.Object({ kind: Type.String(), id: Type.String(), next: count, index: count, path: Type.Array(hex) }),
  ),
})
export type DirectoryProof = Static<typeof DirectoryProof>

const Entry = Type.Object({ h: Type.Object({ type: Type.String(), bodyHash: hex }) })
const Body = Type.Object({ content: Type.Object({ treeSize: count, rootHash: hex, streams: count }) })

/** What a directory proves: how many entries each stream has before an index of the log. */
export interface Directory {
  readonly treeSize: number
  readonly heads: readonly ProvenHead[]
}

/** Verifies a directory's bytes against the log's checkpoint; throws `RangeError` that says what is wrong. */
export function openDirectory(bytes: Uint8Array, checkpoint: Checkpoint): Directory {
  const proof = parse(DirectoryProof, fromUtf8(bytes))
  const inclusion = proof.inclusion.map(fromHex)
  if (!verifyInclusion(hashLeaf(utf8(proof.entry)), proof.index, checkpoint.size, inclusion, checkpoint.root))
    throw new RangeError('its record is not in the log')
  const { h } = parse(Entry, proof.entry)
  const salted = Buffer.concat([Buffer.of(2), Buffer.from(proof.salt, 'base64'), Buffer.from(proof.body)])
  if (h.type !== 'archive.directory_committed' || hash('sha256', salted, 'hex') !== h.bodyHash)
    throw new RangeError('its record is another one, or was altered')
  const { content } = parse(Body, proof.body)
  const wrong = proof.heads.find((head) => !verifyHead(head, content))
  if (wrong !== undefined) throw new RangeError(`it does not list the ${wrong.kind} ${wrong.id} so`)
  return { treeSize: content.treeSize, heads: proof.heads }
}

function parse<T extends TSchema>(schema: T, text: string): Static<T> {
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(schema, value)) return value
  } catch {
    // Said below: it is nothing that can be read.
  }
  throw new RangeError('it cannot be read')
}
