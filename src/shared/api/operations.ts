import { Type } from 'typebox'
import { endpoint } from './endpoint.ts'

export const getHealth = endpoint({
  method: 'GET',
  url: '/healthz',
  config: { permission: 'public' },
  schema: {
    summary: 'The process lives',
    tags: ['operations'],
    response: { 200: Type.Object({ status: Type.Literal('ok') }) },
  },
})

const Check = Type.Object({ ok: Type.Boolean(), detail: Type.String() })
export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not_ready')]),
  checks: Type.Object({ database: Check, objectStore: Check, sealing: Check, indexing: Check, provider: Check }),
})

export const getReadiness = endpoint({
  method: 'GET',
  url: '/readyz',
  config: { permission: 'public' },
  schema: {
    summary: 'Database, object store, sealing lag, indexing lag, identity provider',
    tags: ['operations'],
    response: { 200: Readiness, 503: Readiness },
  },
})
