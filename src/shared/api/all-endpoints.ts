import * as archive from './archive.ts'
import * as common from './common.ts'
import type { EndpointShape } from './endpoint.ts'
import * as exportCalls from './exports.ts'
import * as holds from './holds.ts'
import * as identity from './identity.ts'
import * as operations from './operations.ts'
import * as people from './people.ts'
import * as policies from './policies.ts'
import * as posts from './posts.ts'
import * as profiles from './profiles.ts'
import * as publishing from './publishing.ts'
import * as reviews from './reviews.ts'
import * as scim from './scim.ts'
import * as simulations from './simulations.ts'
import * as tlog from './tlog.ts'

const rooms = [
  archive,
  tlog,
  holds,
  identity,
  people,
  scim,
  profiles,
  policies,
  simulations,
  posts,
  reviews,
  publishing,
  exportCalls,
  operations,
]

/** The whole contract, in room order: what the server must register, openapi.yaml describes and clients may call. */
export const allEndpoints: readonly EndpointShape[] = rooms.flatMap((room) => Object.values(room).filter(isEndpoint))

/** The schemas that have a name of their own, by identity: what openapi.yaml refers to instead of repeating. */
export const namedSchemas: ReadonlyMap<object, string> = new Map(
  [common, ...rooms].flatMap((room) =>
    Object.entries(room).flatMap(([name, value]) =>
      isSchema(value) && /^[A-Z]/.test(name) ? [[value, name] as const] : [],
    ),
  ),
)

function isEndpoint(value: unknown): value is EndpointShape {
  return typeof value === 'object' && value !== null && 'method' in value && 'url' in value && 'config' in value
}

function isSchema(value: unknown): value is object {
  return typeof value === 'object' && value !== null && ('type' in value || 'anyOf' in value || 'enum' in value)
}
