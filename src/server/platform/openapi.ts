import { allEndpoints, namedSchemas } from '#shared/api/all-endpoints.ts'
import type { EndpointShape } from '#shared/api/endpoint.ts'

type Json = Record<string, unknown>

/** The contract as OpenAPI 3.1. Pure: the same contract gives the same document, so a test can refuse drift. */
export function describeApi(endpoints: readonly EndpointShape[] = allEndpoints): Json {
  const paths: Record<string, Json> = {}
  for (const endpoint of endpoints) {
    const path = endpoint.url.replaceAll(/:(\w+)/g, '{$1}').replace('/*', '/{path}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: describeOperation(endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Containment gateway',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Every outgoing post passes one gateway: checked against policy, approved, sealed, then published. Errors are problem details (RFC 9457) with a stable `code`. Writing calls take `Idempotency-Key`.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([...namedSchemas].map(([schema, name]) => [name, expand(schema)])),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'gateway_session',
          description: 'Browsers: the session of the company sign-in, with x-csrf-token from GET /api/me on writes',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Programs: an API token, or an access token of the firm’s provider',
        },
      },
    },
  }
}

function describeOperation(endpoint: EndpointShape): Json {
  const { schema, config, method } = endpoint
  const open = config.permission === 'public'
  return {
    operationId: `${method.toLowerCase()}${endpoint.url.replaceAll(/[^a-zA-Z0-9]+(.)?/g, (_all, next: string | undefined) => (next ?? '').toUpperCase())}`,
    summary: schema.summary,
    tags: [...schema.tags],
    ...(open ? { security: [] } : { security: [{ session: [] }, { bearer: [] }], 'x-permission': config.permission }),
    parameters: [
      ...describeParameters(schema.params, 'path'),
      ...describeParameters(schema.querystring, 'query'),
      ...idempotency(method, open),
    ],
    ...(schema.body === undefined
      ? {}
      : {
          requestBody: {
            required: isRequired(schema.body),
            content: { 'application/json': { schema: plain(schema.body) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(schema.response ?? { 200: undefined }).map(([status, answer]) => [
          status,
          answer === undefined
            ? { description: 'Bytes' }
            : { description: 'Answer', content: { 'application/json': { schema: plain(answer) } } },
        ]),
      ),
      default: {
        description: 'A refusal, as problem details',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDocument' } } },
      },
    },
  }
}

function describeParameters(schema: unknown, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = plain(schema ?? {}) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

function idempotency(method: string, open: boolean): Json[] {
  if (method === 'GET' || open) return []
  const description =
    'A repeat with the same key and body gets the first answer; with another body 409 idempotency_conflict'
  return [
    { name: 'Idempotency-Key', in: 'header', required: false, description, schema: { type: 'string', maxLength: 200 } },
  ]
}

/** TypeBox marks what is optional on the schema itself; a body may be left out when it is. */
function isRequired(schema: unknown): boolean {
  return (schema as { '~optional'?: boolean })['~optional'] !== true
}

/** A schema as plain JSON, a named one as a reference. */
function plain(schema: unknown): unknown {
  const name = typeof schema === 'object' && schema !== null ? namedSchemas.get(schema) : undefined
  return name === undefined ? expand(schema) : { $ref: `#/components/schemas/${name}` }
}

/** One level of a schema, without TypeBox' marks and without our own `$id`. */
function expand(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain)
  if (typeof schema !== 'object' || schema === null) return schema
  const own = Object.entries(schema).filter(
    ([key, value]) => key !== '$id' && !key.startsWith('~') && value !== undefined,
  )
  return Object.fromEntries(own.map(([key, value]) => [key, plain(value)]))
}
