import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Permission } from '#shared/permissions.ts'
import type { Actor } from './actor.ts'

/** The server as rooms see it: Fastify with the contract's types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the identity hook before any handler of a route that is not public. */
    actor: Actor
  }
  interface FastifyContextConfig {
    readonly permission?: Permission | 'public'
    readonly maxAgeSeconds?: number
  }
}
