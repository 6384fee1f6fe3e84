import { Type, type Static } from 'typebox'
import { At, Id, Nullable, Person } from './common.ts'
import { endpoint } from './endpoint.ts'

export const StopScope = Type.Union([
  Type.Literal('everything'),
  Type.Literal('unit'),
  Type.Literal('network'),
  Type.Literal('profile'),
])
export const Stop = Type.Object({
  stopId: Id,
  scope: StopScope,
  scopeId: Nullable(Type.String()),
  reason: Type.String(),
  engagedBy: Person,
  engagedAt: At,
  liftRequestedBy: Nullable(Person),
  liftRequestedAt: Nullable(At),
  liftedBy: Nullable(Person),
  liftedAt: Nullable(At),
})
export type Stop = Static<typeof Stop>

export const listStops = endpoint({
  method: 'GET',
  url: '/api/stops',
  config: { permission: 'stop.read' },
  schema: {
    summary: 'Engaged stops first',
    tags: ['publishing'],
    response: { 200: Type.Object({ items: Type.Array(Stop) }) },
  },
})

export const engageStop = endpoint({
  method: 'POST',
  url: '/api/stops',
  config: { permission: 'stop.engage' },
  schema: {
    summary: 'Stops everything, a unit, a network or a profile, at once',
    tags: ['publishing'],
    body: Type.Object({
      scope: StopScope,
      scopeId: Type.Optional(Type.String({ maxLength: 200 })),
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
    }),
    response: { 201: Stop },
  },
})

export const liftStop = endpoint({
  method: 'POST',
  url: '/api/stops/:stopId/lift',
  config: { permission: 'stop.lift', maxAgeSeconds: 30 * 60 },
  schema: {
    summary: 'The first call asks, the call of a second person lifts',
    tags: ['publishing'],
    params: Type.Object({ stopId: Id }),
    body: Type.Optional(Type.Object({ reason: Type.Optional(Type.String({ maxLength: 2000 })) })),
    response: { 200: Stop },
  },
})
