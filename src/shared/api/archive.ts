import { Type, type Static } from 'typebox'
import { At, Id, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import { TimelineEntry } from './posts.ts'

/** The filter of the archive, shared by search and export. Ranges are half open: `from` ≤ recordedAt < `to`. */
export const RecordFilter = {
  q: Type.Optional(Type.String({ maxLength: 500, description: 'Words, "exact phrase", OR, -minus, prefix*' })),
  from: Type.Optional(At),
  to: Type.Optional(At),
  author: Type.Optional(Id),
  actor: Type.Optional(Type.String({ format: 'uuid', description: 'Who did it; `author` is whose post it is about' })),
  unit: Type.Optional(Id),
  profile: Type.Optional(Id),
  post: Type.Optional(Id),
  network: Type.Optional(Type.String({ maxLength: 40 })),
  type: Type.Optional(Type.String({ maxLength: 400, description: 'One record type or several, comma separated' })),
  verdict: Type.Optional(Type.Union([Type.Literal('pass'), Type.Literal('review'), Type.Literal('block')])),
}

export const RecordSummary = Type.Object({
  recordId: Id,
  type: Type.String(),
  recordedAt: At,
  actor: Nullable(Person),
  postId: Nullable(Id),
  author: Nullable(Person),
  unitId: Nullable(Id),
  profileId: Nullable(Id),
  network: Nullable(Type.String()),
  verdict: Nullable(Type.String()),
  excerpt: Type.String(),
  logIndex: Nullable(Type.Integer()),
  sealed: Type.Boolean(),
  retentionClass: Type.String(),
})
export type RecordSummary = Static<typeof RecordSummary>

export const ArchiveRecord = Type.Object({
  ...RecordSummary.properties,
  header: Type.String({ description: 'The canonical header, verbatim' }),
  bodyHash: Type.String(),
  salt: Nullable(Type.String({ description: 'base64; null once disposed' })),
  body: Nullable(Type.String({ description: 'The canonical body, verbatim; null once disposed' })),
  disposed: Nullable(Type.Object({ at: At, reason: Type.String() })),
})
export type ArchiveRecord = Static<typeof ArchiveRecord>

export const RecordProof = Type.Object({
  recordId: Id,
  logIndex: Type.Integer(),
  entry: Type.String({ description: 'The exact entry bytes (UTF-8) whose leaf hash is SHA-256(0x00 ‖ entry)' }),
  leafHash: Type.String(),
  treeSize: Type.Integer(),
  rootHash: Type.String(),
  inclusionProof: Type.Array(Type.String({ description: 'hex hashes, leaf to root (RFC 6962)' })),
  checkpoint: Type.String({ description: 'The signed note, verbatim' }),
  verifierKey: Type.String(),
})
export type RecordProof = Static<typeof RecordProof>

const recordParams = Type.Object({ recordId: Id })
const facet = Type.Record(Type.String(), Type.Integer())

export const searchRecords = endpoint({
  method: 'GET',
  url: '/api/archive/records',
  config: { permission: 'archive.search' },
  schema: {
    summary: 'Full text and facets; the search is itself a record',
    tags: ['archive'],
    querystring: Type.Object({
      ...RecordFilter,
      ...PageQuery,
      count: Type.Optional(
        Type.Literal('exact', {
          description: 'Count everything, as long as it takes; else a large total is an estimate',
        }),
      ),
    }),
    response: {
      200: Type.Object({
        ...Page(RecordSummary).properties,
        searchedBackTo: Nullable(
          Type.String({
            format: 'date-time',
            description: 'The page ended here because its time was over, perhaps with no items; nextCursor searches on',
          }),
        ),
        ignored: Type.Array(Type.String(), {
          description: 'Parts of q without a letter or digit, which nothing was looked up for: `-`, `"`',
        }),
        total: Type.Integer(),
        totalIsEstimate: Type.Boolean(),
        counted: Type.Integer({
          description: 'The newest results, of which the facets are; all of them when the total is exact',
        }),
        facets: Type.Object({ type: facet, network: facet, verdict: facet }),
      }),
    },
  },
})

export const getRecord = endpoint({
  method: 'GET',
  url: '/api/archive/records/:recordId',
  config: { permission: 'archive.search' },
  schema: {
    summary: 'One record as it is hashed',
    tags: ['archive'],
    params: recordParams,
    response: { 200: ArchiveRecord },
  },
})

export const getRecordProof = endpoint({
  method: 'GET',
  url: '/api/archive/records/:recordId/proof',
  config: { permission: 'archive.search' },
  schema: {
    summary: 'The inclusion proof against a signed checkpoint',
    tags: ['archive'],
    params: recordParams,
    response: { 200: RecordProof },
  },
})

export const getPostTimeline = endpoint({
  method: 'GET',
  url: '/api/archive/posts/:postId/timeline',
  config: { permission: 'archive.search' },
  schema: {
    summary: 'Every stage of a post, rebuilt from records alone (MIF-4)',
    tags: ['archive'],
    params: Type.Object({ postId: Id }),
    response: { 200: Type.Object({ postId: Id, entries: Type.Array(TimelineEntry) }) },
  },
})

export const ArchiveStatus = Type.Object({
  origin: Type.String(),
  verifierKey: Type.String(),
  treeSize: Type.Integer(),
  sealedSize: Type.Integer(),
  rootHash: Nullable(Type.String()),
  unsequenced: Type.Integer(),
  lagSeconds: Type.Number(),
  unindexed: Type.Integer({ description: 'Numbered records that the search index does not hold yet' }),
  indexLagSeconds: Type.Number({ description: 'How long the oldest of them waits' }),
  lastSealedAt: Nullable(At),
  lastVerifiedAt: Nullable(At),
  lastVerifiedSize: Nullable(Type.Integer()),
  lastVerificationOk: Nullable(Type.Boolean()),
  incidents: Type.Array(Type.Object({ at: At, kind: Type.String(), sentence: Type.String() })),
  producers: Type.Integer({
    description:
      'People who may export the whole archive with nobody’s help (SEC-9); with one alone, one absence is too many',
  }),
  objectStore: Type.String(),
  anchors: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Union([Type.Literal('bucket'), Type.Literal('timestamp'), Type.Literal('witness')]),
      treeSize: Type.Integer({ description: 'The newest checkpoint that it took' }),
      at: Nullable(At),
      failingSince: Nullable(At),
      failure: Nullable(Type.String()),
    }),
    { description: 'Outside parties that see the checkpoints; none unless configured' },
  ),
})
export type ArchiveStatus = Static<typeof ArchiveStatus>

export const getArchiveStatus = endpoint({
  method: 'GET',
  url: '/api/archive/status',
  config: { permission: 'archive.status' },
  schema: {
    summary: 'Tree size, last seal, last verification, lag, what failed',
    tags: ['archive'],
    response: { 200: ArchiveStatus },
  },
})

export const VerificationResult = Type.Object({
  verificationId: Id,
  startedAt: At,
  finishedAt: At,
  ok: Type.Boolean(),
  treeSize: Type.Integer(),
  recordsChecked: Type.Integer(),
  problems: Type.Array(
    Type.Object({ kind: Type.String(), logIndex: Nullable(Type.Integer()), sentence: Type.String() }),
  ),
})
export type VerificationResult = Static<typeof VerificationResult>

export const verifyNow = endpoint({
  method: 'POST',
  url: '/api/archive/verifications',
  config: { permission: 'archive.verify' },
  schema: { summary: 'Verifies now; the result is a record', tags: ['archive'], response: { 201: VerificationResult } },
})
