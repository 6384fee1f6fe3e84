import type { Static, TSchema } from 'typebox'
import type { Permission } from '#shared/permissions.ts'

/** What an endpoint says of itself: Fastify route options without the handler. */
export interface EndpointShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly config: {
    /** `public` only for the short public list that the contract test holds. */
    readonly permission: Permission | 'public'
    /** A browser must have signed in this recently (seconds) for a dangerous act. */
    readonly maxAgeSeconds?: number
  }
  readonly schema: {
    readonly summary: string
    readonly tags: readonly string[]
    readonly params?: TSchema
    readonly querystring?: TSchema
    readonly body?: TSchema
    readonly response?: Readonly<Record<number, TSchema>>
  }
}

/** Declares an endpoint and keeps its literal types for the server's handler and the console's client. */
export function endpoint<const E extends EndpointShape>(shape: E): E {
  return shape
}

type Of<E extends EndpointShape, K extends 'params' | 'querystring' | 'body'> = E['schema'][K] extends TSchema
  ? Static<E['schema'][K]>
  : undefined
export type ParamsOf<E extends EndpointShape> = Of<E, 'params'>
export type QueryOf<E extends EndpointShape> = Of<E, 'querystring'>
export type BodyOf<E extends EndpointShape> = Of<E, 'body'>
type Success<R> =
  R extends Readonly<Record<number, TSchema>>
    ? R[Extract<keyof R, 200 | 201 | 202>] extends infer S extends TSchema
      ? Static<S>
      : undefined
    : undefined
/** The body of the endpoint's success answer. */
export type AnswerOf<E extends EndpointShape> = Success<E['schema']['response']>
