import { Type, type Static } from 'typebox'
import { At, Id, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import { RecordFilter } from './archive.ts'

export const ExportState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('running'),
  Type.Literal('completed'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
  Type.Literal('removed'),
])

export const Export = Type.Object({
  exportId: Id,
  status: ExportState,
  requestedBy: Person,
  requestedAt: At,
  keepUntil: At,
  reason: Type.String(),
  recipient: Nullable(Type.String()),
  timeZone: Type.String(),
  filter: Type.Object(RecordFilter),
  formats: Type.Array(Type.String()),
  progress: Type.Object({ done: Type.Integer(), total: Type.Integer(), phase: Type.String() }),
  startedAt: Nullable(At),
  finishedAt: Nullable(At),
  size: Nullable(Type.Integer({ description: 'bytes of the package' })),
  sha256: Nullable(Type.String()),
  recordCount: Nullable(Type.Integer()),
  failure: Nullable(Type.String()),
})
export type Export = Static<typeof Export>

const exportParams = Type.Object({ exportId: Id })

export const createExport = endpoint({
  method: 'POST',
  url: '/api/exports',
  config: { permission: 'export.create' },
  schema: {
    summary: 'Asks for an export; it is made in the background',
    tags: ['exports'],
    body: Type.Object({
      ...RecordFilter,
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
      recipient: Type.Optional(Type.String({ maxLength: 300 })),
      timeZone: Type.Optional(
        Type.String({ maxLength: 60, default: 'UTC', description: 'IANA zone of the readable files' }),
      ),
      keepUntil: Type.Optional(
        Type.String({
          format: 'date-time',
          description: 'When the package is removed, within a year; after 90 days where nothing is said',
        }),
      ),
      proof: Type.Optional(
        Type.Union([Type.Literal('range'), Type.Literal('stream')], {
          description:
            'range (default): the headers of the whole stretch of the log. stream: only the entries of one author, profile or unit, small over years, with a proof that none is missing',
        }),
      ),
      formats: Type.Optional(
        Type.Array(
          Type.Union([Type.Literal('jsonl'), Type.Literal('csv'), Type.Literal('html'), Type.Literal('eml')]),
          {
            description: 'jsonl is always included: it is what the verifier reads',
          },
        ),
      ),
    }),
    response: { 202: Export },
  },
})

export const listExports = endpoint({
  method: 'GET',
  url: '/api/exports',
  config: { permission: 'export.read' },
  schema: {
    summary: 'Exports, newest first',
    tags: ['exports'],
    querystring: Type.Object(PageQuery),
    response: { 200: Page(Export) },
  },
})

export const getExport = endpoint({
  method: 'GET',
  url: '/api/exports/:exportId',
  config: { permission: 'export.read' },
  schema: { summary: 'Progress and result', tags: ['exports'], params: exportParams, response: { 200: Export } },
})

export const cancelExport = endpoint({
  method: 'POST',
  url: '/api/exports/:exportId/cancel',
  config: { permission: 'export.create' },
  schema: {
    summary: 'Stops a waiting or running export',
    tags: ['exports'],
    params: exportParams,
    response: { 200: Export },
  },
})

/** Answers bytes (application/zip), with range requests; the download is itself a record. */
export const downloadExport = endpoint({
  method: 'GET',
  url: '/api/exports/:exportId/download',
  config: { permission: 'export.read' },
  schema: {
    summary: 'The package; range requests are honoured. 410 when its time is over',
    tags: ['exports'],
    params: exportParams,
  },
})
