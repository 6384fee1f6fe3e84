import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { HeaderFilter, Manifest } from '#server/exports/manifest.ts'
import { writePackage, type PackageSource } from '#server/exports/write-package.ts'
import type { MediaFiles } from '#server/exports/media-files.ts'
import type { StreamBatch } from '#server/exports/stream-source.ts'
import type { ProvenStreams } from '#server/exports/verify-directory.ts'
import type { CheckpointSigner } from '#server/platform/checkpoint-signer.ts'
import { toInstant } from '#server/platform/clock.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import { hashLeaf, hashNode, type Hash } from '#shared/tlog/merkle.ts'
import { formatSignature, formatVerifierKey, parseVerifierKey } from '#shared/tlog/note.ts'
import type { NodeReader } from '#shared/tlog/prove.ts'

/** A log made from numbers: the same seed gives the same bytes. */
export interface MadeLog {
  readonly entries: readonly string[]
  /** Lines of `records.jsonl`. */
  readonly records: readonly string[]
  readonly readNode: NodeReader
  readonly root: Hash
}

const start = Date.parse('2026-03-01T08:00:00.000Z')
export const units = ['unit-firm', 'unit-paris', 'unit-lyon']

/** `size` records, five minutes apart, on three units, with a few hundred bytes of text each. */
export function makeLog(size: number): MadeLog {
  const [entries, records, leaves]: [string[], string[], Hash[]] = [[], [], []]
  for (let n = 0; n < size; n += 1) {
    const at = toInstant(start + n * 300_000)
    const salt = createHash('sha256').update(`salt ${n}`).digest()
    const body = `{"actor":{"displayName":"Zoé ${n % 7}"},"content":{"text":"Texte n° ${n}: ${'évidence '.repeat(n % 9)}"}}`
    const bodyHash = createHash('sha256').update(Buffer.of(2)).update(salt).update(body).digest('hex')
    const type = n % 3 === 0 ? 'post.submitted' : n % 3 === 1 ? 'review.decided' : 'session.started'
    const verdict = n % 3 === 0 ? ',"verdict":"review"' : ''
    // Each tenth entry is in no form of ours, as those of another program that writes this format.
    const [actor, id] = n % 10 === 9 ? [`user-${n % 7}`, `record-${n}`] : [uuidOf(n % 7), uuidOf(n)]
    const header = `{"actor":"${actor}","bodyHash":"${bodyHash}","id":"${id}","recordedAt":"${at}","retentionClass":"mifid-7y","streams":{"author":"user-${n % 5}","post":"post-${n >> 3}","unit":"${units[n % 3]}"},"type":"${type}","v":1${verdict}}`
    const entry = `{"at":"${at}","h":${header},"n":${n},"sq":{"author":${Math.floor(n / 5)},"post":${n & 7},"unit":${Math.floor(n / 3)}}}`
    entries.push(entry)
    leaves.push(hashLeaf(utf8(entry)))
    records.push(`{"n":${n},"salt":"${salt.toString('base64')}","header":${header},"body":${body}}`)
  }
  const readNode = nodesOf(leaves)
  return { entries, records, readNode, root: rootOf(leaves, 0, size) }
}

export function uuidOf(n: number): string {
  return `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`
}

export function nodesOf(leaves: readonly Hash[]): NodeReader {
  return async (level, index) => rootOf(leaves, index * 2 ** level, (index + 1) * 2 ** level)
}

/** MTH of RFC 6962, straight from its definition. */
function rootOf(leaves: readonly Hash[], from: number, to: number): Hash {
  if (to - from === 0) return createHash('sha256').digest()
  if (to - from === 1) return leaves[from]!
  let k = 1
  while (2 * k < to - from) k *= 2
  return hashNode(rootOf(leaves, from, from + k), rootOf(leaves, from + k, to))
}

/** An Ed25519 signer whose key follows from a number. */
export function makeSigner(seed: number, name = 'gateway.test/tlog'): CheckpointSigner {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { name, verifierKey: formatVerifierKey(name, publicKey), sign: async (text) => sign(null, text, privateKey) }
}

export const everything: HeaderFilter = {
  from: null,
  to: null,
  author: null,
  profile: null,
  post: null,
  network: null,
  types: null,
  verdict: null,
  units: null,
}

export interface PackageOptions {
  readonly filter?: Partial<HeaderFilter>
  readonly signer?: CheckpointSigner
  /** Changes what the package is made from, as a forger inside the gateway would. */
  readonly forge?: (source: PackageSource) => PackageSource
  readonly range?: { first: number; end: number }
  readonly selection?: { words: string }
  readonly reason?: string
  /** How long the records' class keeps bodies. */
  readonly years?: number | null
  /** Other units' entries as hashes. */
  readonly withheld?: boolean
  readonly media?: MediaFiles
  /** Only the entries of these streams, with the proofs beside them. */
  readonly streams?: ProvenStreams
  readonly proofs?: { name: string; content: Uint8Array }[]
  readonly checkpoint?: { size?: number; root?: Hash; signer?: CheckpointSigner }
}

/** Writes a package of a made log to `path`. */
export async function packLog(path: string, log: MadeLog, options: PackageOptions = {}): Promise<Manifest> {
  const signer = options.signer ?? makeSigner(1)
  const size = log.entries.length
  const { first, end } = options.range ?? { first: 0, end: size }
  let source: PackageSource = {
    readNode: log.readNode,
    async *entries(from, to) {
      for (let at = from; at < to; at += 100) {
        const lines = log.entries.slice(at, Math.min(to, at + 100))
        yield { first: at, count: lines.length, text: lines.join('\n') }
      }
    },
    records: async (indexes) => ({
      count: indexes.length,
      disposed: 0,
      text: indexes.map((n) => log.records[n]!).join('\n'),
    }),
  }
  if (options.streams !== undefined) source = { ...source, streams: () => readStreams(log, options.streams!) }
  const file = await open(path, 'w')
  try {
    const { manifest } = await writePackage({
      file,
      signer,
      source: options.forge?.(source) ?? source,
      renderings: [],
      proofs: options.proofs ?? [],
      media: options.media,
      checkpointNote: await noteOf(
        options.checkpoint?.signer ?? signer,
        options.checkpoint?.size ?? size,
        options.checkpoint?.root ?? log.root,
      ),
      progress: async () => undefined,
      afterwards: async () => ({ posts: null, coverageGaps: [] }),
      plan: {
        exportId: '0190163d-8694-739b-aea5-966c26f8ad91',
        software: { name: 'containment-gateway', version: '0.1.0' },
        requestedBy: { userId: 'user-1', displayName: 'Ruth' },
        requestedAt: '2026-11-21T10:00:00.000Z',
        startedAt: '2026-11-21T10:00:05.000Z',
        reason: options.reason ?? 'Examination',
        recipient: null,
        timeZone: 'Europe/Paris',
        query: {},
        filter: { ...everything, ...options.filter },
        retention: { 'mifid-7y': options.years === undefined ? 7 : options.years },
        selection: options.selection ?? null,
        log: {
          origin: signer.name,
          verifierKey: signer.verifierKey,
          first,
          end,
          size,
          withheld: options.withheld ?? options.streams !== undefined,
          ...(options.streams === undefined ? {} : { streams: { ...options.streams, ids: [...options.streams.ids] } }),
          rootHash: toHex(log.root),
          checkpointAt: null,
        },
      },
    })
    return manifest
  } finally {
    await file.close()
  }
}

async function* readStreams(log: MadeLog, { kind, ids }: ProvenStreams): AsyncIterable<StreamBatch> {
  yield log.entries
    .map((text, n) => ({ n, text }))
    .filter(({ text }) => ids.some((id) => text.includes(`"${kind}":"${id}"`)))
}

async function noteOf(signer: CheckpointSigner, size: number, root: Hash): Promise<string> {
  const text = formatCheckpoint({ origin: signer.name, size, root })
  return `${text}\n${formatSignature(signer.name, parseVerifierKey(signer.verifierKey).publicKey, await signer.sign(utf8(text)))}`
}
