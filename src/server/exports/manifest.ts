import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { toBase64 } from '#shared/tlog/bytes.ts'

/** Names of the files that the verifier reads. Everything else in a package is a rendering of these. */
export const packageFiles = {
  entries: 'log/entries.jsonl',
  checkpoint: 'log/checkpoint',
  edges: 'log/edges.json',
  nodes: 'log/nodes.bin',
  directory: 'log/directory.json',
  records: 'records.jsonl',
  manifest: 'manifest.json',
  signature: 'manifest.note',
} as const

const text = Type.String()
const orNull = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()])
const count = Type.Integer({ minimum: 0 })
const hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const instant = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` })
const texts = Type.Union([Type.Array(text), Type.Null()])

/** What the headers of delivered records have in common. Null: not asked. Half open: `from` ≤ recordedAt < `to`. */
export const HeaderFilter = Type.Object({
  from: orNull(instant),
  to: orNull(instant),
  author: orNull(text),
  /** Who did it. Packages from before this could be asked do not have it. */
  actor: Type.Optional(orNull(text)),
  profile: orNull(text),
  post: orNull(text),
  network: orNull(text),
  types: texts,
  verdict: orNull(text),
  /** Units whose records may be delivered: the unit asked for and those below, within the requester's scope. */
  units: texts,
})
export type HeaderFilter = Static<typeof HeaderFilter>

/** What a package says of itself; the gateway signs its SHA-256. */
export const Manifest = Type.Object({
  format: Type.Literal('containment-gateway-export'),
  version: Type.Literal(1),
  exportId: text,
  software: Type.Object({ name: text, version: text }),
  requestedBy: Type.Object({ userId: text, displayName: text }),
  requestedAt: instant,
  startedAt: instant,
  /** When the last record was read: what was destroyed meanwhile is rightly gone. Older packages lack it. */
  endedAt: Type.Optional(instant),
  reason: text,
  recipient: orNull(text),
  timeZone: text,
  /** As it was asked. */
  query: Type.Record(Type.String(), text),
  filter: HeaderFilter,
  /** Where the database was not asked: nobody signed in, and the export itself was no record when it was made. */
  madeFrom: Type.Optional(Type.Literal('bucket')),
  /** Words that chose among the matching records, or null: then every matching record is delivered. */
  selection: Type.Union([Type.Object({ words: text }), Type.Null()]),
  log: Type.Object({
    origin: text,
    verifierKey: text,
    first: count,
    end: count,
    size: count,
    /** Entries of units that the requester may not see stand as hashes alone. */
    withheld: Type.Boolean(),
    /** Whose entries alone are shown, numbered without gaps; all others stand as hashes. */
    streams: Type.Optional(
      Type.Object({
        kind: Type.Union([Type.Literal('author'), Type.Literal('profile'), Type.Literal('unit')]),
        ids: Type.Array(text),
      }),
    ),
    rootHash: hash,
    checkpointAt: orNull(instant),
  }),
  /** Years that each retention class keeps bodies; null for ever. A body may be gone only after them. */
  retention: Type.Record(Type.String(), Type.Union([Type.Integer(), Type.Null()])),
  /** Shorter terms that classes had until an instant: what was destroyed under them was destroyed rightly. */
  earlierTerms: Type.Optional(Type.Array(Type.Object({ retentionClass: text, years: count, until: instant }))),
  counts: Type.Object({
    entries: count,
    withheld: count,
    matching: count,
    delivered: count,
    disposed: count,
    posts: Type.Union([count, Type.Null()]),
  }),
  /** Media of the delivered records: files under `media/`, and those that the object store did not give. */
  media: Type.Optional(Type.Object({ included: count, missing: Type.Array(hash) })),
  coverageGaps: Type.Array(Type.Object({ sentence: text })),
  files: Type.Array(Type.Object({ name: text, size: count, sha256: hash, storedSize: count, storedSha256: hash })),
})
export type Manifest = Static<typeof Manifest>

/** The parts of a record's header that a filter looks at. */
export interface Header {
  readonly id: string
  readonly type: string
  readonly recordedAt: string
  readonly actor: string
  readonly bodyHash: string
  readonly retentionClass: string
  readonly streams: Readonly<Record<string, string | undefined>>
  readonly verdict?: string | undefined
}

/** Does a record belong to what was asked? The gateway and the verifier ask this one function. */
export function headerMatcher(filter: HeaderFilter): (header: Header) => boolean {
  const types = filter.types === null ? null : new Set(filter.types)
  const units = filter.units === null ? null : new Set(filter.units)
  const actor = filter.actor ?? null
  return (header) =>
    (filter.from === null || header.recordedAt >= filter.from) &&
    (filter.to === null || header.recordedAt < filter.to) &&
    (filter.author === null || header.streams['author'] === filter.author) &&
    (actor === null || header.actor === actor) &&
    (filter.profile === null || header.streams['profile'] === filter.profile) &&
    (filter.post === null || header.streams['post'] === filter.post) &&
    (filter.network === null || header.streams['network'] === filter.network) &&
    (filter.verdict === null || header.verdict === filter.verdict) &&
    (types === null || types.has(header.type)) &&
    (units === null || units.has(header.streams['unit'] ?? ''))
}

/**
 * May the body of a record be gone when the package was made? At the end of the month in which its class's years are over;
 * a class that was lengthened since had fewer of them until then.
 */
export function mayBeDisposed(
  header: Header,
  manifest: Pick<Manifest, 'retention' | 'earlierTerms' | 'startedAt' | 'endedAt'>,
): boolean {
  const at = manifest.endedAt ?? manifest.startedAt
  const years = manifest.retention[header.retentionClass]
  const earlier = (manifest.earlierTerms ?? []).filter((term) => term.retentionClass === header.retentionClass)
  return (
    (years !== undefined && years !== null && isOver(header, years, at)) ||
    earlier.some((term) => term.until <= at && isOver(header, term.years, term.until))
  )
}

function isOver(header: Header, years: number, at: string): boolean {
  const recorded = new Date(header.recordedAt)
  return Date.UTC(recorded.getUTCFullYear() + years, recorded.getUTCMonth() + 1, 1) <= Date.parse(at)
}

/** A record enters the log within seconds; a range that ends this long after `to` holds all that was recorded before. */
export const longestWaitMilliseconds = 7 * 24 * 3_600_000

/** Leaves under one hash of `log/nodes.bin`, which tells where in the range an entry was altered. */
export const leavesPerNode = 256

/**
 * The text that the gateway signs with the key of its log. Its first line is not the log's origin, so that it can never
 * be taken for a checkpoint.
 */
export function manifestNote(origin: string, exportId: string, manifest: Uint8Array): string {
  return `${origin}/export\n${exportId}\n${toBase64(createHash('sha256').update(manifest).digest())}\n`
}
