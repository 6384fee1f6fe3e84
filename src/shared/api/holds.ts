import { Type, type Static } from 'typebox'
import { RecordFilter } from './archive.ts'
import { At, Id, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'

export const Hold = Type.Object({
  holdId: Id,
  name: Type.String(),
  reason: Type.String(),
  scope: Type.Object(RecordFilter),
  status: Type.Union([Type.Literal('placed'), Type.Literal('release_requested'), Type.Literal('released')]),
  placedBy: Person,
  placedAt: At,
  releaseRequestedBy: Nullable(Person),
  releaseRequestedAt: Nullable(At),
  releasedBy: Nullable(Person),
  releasedAt: Nullable(At),
})
export type Hold = Static<typeof Hold>

export const listHolds = endpoint({
  method: 'GET',
  url: '/api/holds',
  config: { permission: 'hold.read' },
  schema: {
    summary: 'Legal holds, newest first',
    tags: ['archive'],
    querystring: Type.Object(PageQuery),
    response: { 200: Page(Hold) },
  },
})

export const placeHold = endpoint({
  method: 'POST',
  url: '/api/holds',
  config: { permission: 'hold.place' },
  schema: {
    summary: 'Holds everything that the filter finds, now and later, against disposition',
    tags: ['archive'],
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 200 }),
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
      scope: Type.Object(RecordFilter, { additionalProperties: false }),
    }),
    response: { 201: Hold },
  },
})

export const releaseHold = endpoint({
  method: 'POST',
  url: '/api/holds/:holdId/release',
  config: { permission: 'hold.release', maxAgeSeconds: 30 * 60 },
  schema: {
    summary: 'The first person asks for the release, a second one releases',
    tags: ['archive'],
    params: Type.Object({ holdId: Id }),
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }),
    response: { 200: Hold },
  },
})

export const RetentionClass = Type.Object({
  name: Type.String(),
  years: Nullable(Type.Integer({ description: 'null: never destroyed' })),
  jurisdiction: Type.String(),
  basis: Type.String(),
  records: Type.Integer({ description: 'estimate' }),
})
export type RetentionClass = Static<typeof RetentionClass>

export const listRetention = endpoint({
  method: 'GET',
  url: '/api/retention',
  config: { permission: 'hold.read' },
  schema: {
    summary: 'Retention classes with their legal basis, and what was destroyed',
    tags: ['archive'],
    response: {
      200: Type.Object({
        classes: Type.Array(RetentionClass),
        dispositions: Type.Array(
          Type.Object({
            month: Type.String(),
            disposedAt: At,
            bodies: Type.Integer(),
            certificateId: Id,
            reason: Type.String(),
          }),
        ),
      }),
    },
  },
})

export const extendRetention = endpoint({
  method: 'POST',
  url: '/api/retention/:name',
  config: { permission: 'retention.manage' },
  schema: {
    summary: 'Lengthens a retention period; shortening is refused',
    tags: ['archive'],
    params: Type.Object({ name: Type.String({ maxLength: 60 }) }),
    body: Type.Object({
      years: Type.Integer({ minimum: 1, maximum: 100 }),
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
    }),
    response: { 200: RetentionClass },
  },
})

export const ErasureAnswer = Type.Object({
  recordId: Type.String({ description: 'The record that this answer is' }),
  answeredAt: At,
  total: Type.Integer(),
  groups: Type.Array(
    Type.Object({
      outcome: Type.Union([Type.Literal('erased'), Type.Literal('refused')]),
      retentionClass: Type.String(),
      basis: Type.String(),
      until: Nullable(
        Type.String({
          description: 'The day from which the content is destroyed; null while a hold or a permanent class keeps it',
        }),
      ),
      held: Type.Boolean(),
      records: Type.Integer(),
      recordIds: Type.Array(Id, { description: 'The first thousand' }),
    }),
  ),
})
export type ErasureAnswer = Static<typeof ErasureAnswer>

export const answerErasure = endpoint({
  method: 'POST',
  url: '/api/erasures',
  config: { permission: 'retention.manage' },
  schema: {
    summary: 'Answers an erasure request record by record: erased, or refused with its basis and the day it will go',
    tags: ['archive'],
    body: Type.Object({
      scope: Type.Object(RecordFilter, {
        additionalProperties: false,
        description: 'Whose content: an author, or words',
      }),
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
    }),
    response: { 201: ErasureAnswer },
  },
})
