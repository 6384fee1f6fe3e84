import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import SCIMMY from 'scimmy'
import * as contract from '#shared/api/scim.ts'
import type { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import { openJsonParser } from '#server/platform/read-json.ts'
import type { Deps } from '#server/platform/deps.ts'
import { applyScimGroupPatch, createScimGroup, deleteScimGroup, replaceScimGroup } from './change-scim-group.ts'
import { applyScimPatch, createScimUser, deleteScimUser, replaceScimUser } from './provision-scim-user.ts'
import { largestBulk, runScimBulk } from './run-scim-bulk.ts'
import { absent, notFound, toScimError, type ScimError } from './scim-error.ts'
import { groupColumns, isLookUp, orderScim, userColumns, whereScim, type Columns } from './scim-filter.ts'
import { leavesOutMembers, project, type Projection } from './scim-projection.ts'
import { findScimGroup, findScimUser, listScimGroups, listScimUsers, type ScimPage } from './scim-queries.ts'
import {
  enterpriseSchema,
  groupSchema,
  toScimGroup,
  toScimUser,
  userSchema,
  type Attributes,
} from './scim-resources.ts'
import { namesVersion } from './scim-version.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>

const mediaType = 'application/scim+json; charset=utf-8'
const largestPage = 500
/** Beyond any list; Postgres counts no further than a bigint. */
const lastIndex = 2 ** 31
const largestBulkBytes = 1_048_576

/** SCIM 2.0 for the firm's provisioning client: its own media type and its own form of errors. */
export function registerScimRoutes(app: App, deps: Parts): void {
  void app.register(async (scope: App) => {
    const parseJson = openJsonParser(scope, 'ignore')
    // Clients name the media type on a DELETE too, which has no body.
    scope.addContentTypeParser('application/scim+json', { parseAs: 'buffer' }, (request, body: Buffer, done) =>
      body.length === 0 ? done(null, undefined) : parseJson(request, body, done),
    )
    scope.setErrorHandler(answerError)
    scope.addHook('onSend', async (_request, reply) => void reply.header('content-type', mediaType))
    const base = new URL('/scim/v2', deps.config.publicUrl).href
    registerAbout(scope, base)
    registerUsers(scope, deps, base)
    registerGroups(scope, deps, base)
    registerBulk(scope, deps, base)
    // Whatever else is asked for here is answered in the protocol's form too.
    for (const url of ['/scim/v2', '/scim/v2/*'])
      scope.all(url, { config: { permission: 'scim.synchronise', nothingAt: /^/ } }, (request, reply) => {
        const path = request.url.split('?')[0]!
        const methods = app.methodsAt(path)
        if (methods.length > 0) void reply.header('allow', methods.join(', '))
        return sendScimError(reply, absent(path, methods))
      })
  })
}

function answerError(error: FastifyError | AppError, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendScimError(reply, toScimError(error))
}

function sendScimError(reply: FastifyReply, said: ScimError): FastifyReply {
  return reply.code(Number(said.status)).serializer(JSON.stringify).send(said)
}

function registerAbout(scope: App, base: string): void {
  const supported = (value: boolean) => ({ supported: value })
  scope.route({
    ...contract.getServiceProviderConfig,
    handler: async () => ({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: supported(true),
      bulk: { ...supported(true), maxOperations: largestBulk, maxPayloadSize: largestBulkBytes },
      filter: { ...supported(true), maxResults: largestPage },
      changePassword: supported(false),
      sort: supported(true),
      etag: supported(true),
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Bearer token',
          description: 'The provisioning token of the gateway’s configuration',
        },
      ],
      meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
    }),
  })
  const types = [resourceType('User', userSchema, base), resourceType('Group', groupSchema, base)]
  scope.route({ ...contract.getResourceTypes, handler: async () => list(types) })
  scope.route({ ...contract.getResourceType, handler: async (request) => findNamed(types, request.params.name) })
  const { User, Group, EnterpriseUser } = SCIMMY.Schemas
  const schemas = [User, Group, EnterpriseUser].map(
    ({ definition }) => definition.describe(`${base}/Schemas`) as unknown as Attributes,
  )
  scope.route({ ...contract.getSchemas, handler: async () => list(schemas) })
  scope.route({ ...contract.getSchema, handler: async (request) => findNamed(schemas, request.params.name) })
}

function findNamed(all: readonly Attributes[], name: string): Attributes {
  const found = all.find(({ id }) => String(id).toLowerCase() === name.toLowerCase())
  if (found === undefined) throw notFound()
  return found
}

function resourceType(name: 'User' | 'Group', schema: string, base: string): Attributes {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint: `/${name}s`,
    schema,
    ...(name === 'User' ? { schemaExtensions: [{ schema: enterpriseSchema, required: false }] } : {}),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }
}

function list(Resources: readonly Attributes[], totalResults = Resources.length, startIndex = 1): Attributes {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults,
    startIndex,
    itemsPerPage: Resources.length,
    Resources,
  }
}

interface ListWish extends Projection {
  readonly filter?: string
  readonly startIndex?: number
  readonly count?: number
  readonly sortBy?: string
  readonly sortOrder?: string
}

type SearchRequest = Omit<ListWish, keyof Projection> & { readonly [name in keyof Projection]?: readonly string[] }

/** A search as the list that a GET asks for. */
function toListWish({ attributes, excludedAttributes, ...rest }: SearchRequest): ListWish {
  return {
    ...rest,
    ...(attributes === undefined ? {} : { attributes: attributes.join(',') }),
    ...(excludedAttributes === undefined ? {} : { excludedAttributes: excludedAttributes.join(',') }),
  }
}

/** RFC 7644 section 3.4.2.4: below 1 counts as 1, a negative count as 0. Throws SCIM errors for what cannot be filtered or sorted by. */
function readPage(columns: Columns, wish: ListWish): ScimPage {
  return {
    where: whereScim(columns, wish.filter),
    order: orderScim(columns, wish.sortBy, wish.sortOrder),
    startIndex: Math.min(lastIndex, Math.max(1, wish.startIndex ?? 1)),
    count: Math.min(largestPage, Math.max(0, wish.count ?? 100)),
    isLookUp: isLookUp(wish.filter),
  }
}

/** One resource with its version; whoever has that version already is told so (304). */
function sendOne(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: Attributes,
  status: 200 | 201 = 200,
): FastifyReply {
  const { version, location } = resource['meta'] as { version: string; location: string }
  void reply.header('etag', version)
  if (status === 201) void reply.header('location', location)
  const seen = request.method === 'GET' ? request.headers['if-none-match'] : undefined
  if (seen !== undefined && namesVersion(seen, version)) return reply.code(304).send()
  return reply.code(status).send(project(resource, request.query as Projection))
}

function registerUsers(scope: App, deps: Parts, base: string): void {
  const listUsers = async (wish: ListWish): Promise<Attributes> => {
    const page = readPage(userColumns, wish)
    const { total, rows } = await listScimUsers(deps.db, page)
    const people = rows.map((row) => project(toScimUser(row, base), wish))
    return list(people, total, page.startIndex)
  }
  scope.route({ ...contract.listScimUsers, handler: ({ query }) => listUsers(query) })
  scope.route({ ...contract.searchScimUsers, handler: ({ body }) => listUsers(toListWish(body)) })
  scope.route({
    ...contract.createScimUser,
    handler: async (request, reply) =>
      sendOne(request, reply, toScimUser(await createScimUser(deps, request.body), base), 201),
  })
  scope.route({
    ...contract.getScimUser,
    handler: async (request, reply) => {
      const row = await findScimUser(deps.db, request.params.resourceId)
      if (row === undefined) throw notFound()
      return sendOne(request, reply, toScimUser(row, base))
    },
  })
  scope.route({
    ...contract.replaceScimUser,
    handler: async (request, reply) => {
      const row = await replaceScimUser(deps, request.params.resourceId, request.body, request.headers['if-match'])
      return sendOne(request, reply, toScimUser(row, base))
    },
  })
  scope.route({
    ...contract.patchScimUser,
    handler: async (request, reply) => {
      const row = await applyScimPatch(deps, request.params.resourceId, request.body, request.headers['if-match'])
      return sendOne(request, reply, toScimUser(row, base))
    },
  })
  scope.route({
    ...contract.deleteScimUser,
    handler: async (request, reply) => {
      await deleteScimUser(deps, request.params.resourceId, request.headers['if-match'])
      await reply.code(204).send()
    },
  })
}

function registerGroups(scope: App, deps: Parts, base: string): void {
  const listGroups = async (wish: ListWish): Promise<Attributes> => {
    const page = readPage(groupColumns, wish)
    const { total, rows } = await listScimGroups(deps.db, page, !leavesOutMembers(wish))
    const groups = rows.map((row) => project(toScimGroup(row, base), wish))
    return list(groups, total, page.startIndex)
  }
  scope.route({ ...contract.listScimGroups, handler: ({ query }) => listGroups(query) })
  scope.route({ ...contract.searchScimGroups, handler: ({ body }) => listGroups(toListWish(body)) })
  scope.route({
    ...contract.createScimGroup,
    handler: async (request, reply) =>
      sendOne(request, reply, toScimGroup(await createScimGroup(deps, request.body), base), 201),
  })
  scope.route({
    ...contract.getScimGroup,
    handler: async (request, reply) => {
      const row = await findScimGroup(deps.db, request.params.resourceId)
      if (row === undefined) throw notFound()
      return sendOne(request, reply, toScimGroup(row, base))
    },
  })
  scope.route({
    ...contract.replaceScimGroup,
    handler: async (request, reply) => {
      const row = await replaceScimGroup(deps, request.params.resourceId, request.body, request.headers['if-match'])
      return sendOne(request, reply, toScimGroup(row, base))
    },
  })
  scope.route({
    ...contract.patchScimGroup,
    handler: async (request, reply) => {
      const row = await applyScimGroupPatch(deps, request.params.resourceId, request.body, request.headers['if-match'])
      return sendOne(request, reply, toScimGroup(row, base))
    },
  })
  scope.route({
    ...contract.deleteScimGroup,
    handler: async (request, reply) => {
      await deleteScimGroup(deps, request.params.resourceId, request.headers['if-match'])
      await reply.code(204).send()
    },
  })
}

function registerBulk(scope: App, deps: Parts, base: string): void {
  scope.route({
    ...contract.runScimBulk,
    bodyLimit: largestBulkBytes,
    handler: (request) => runScimBulk(deps, base, request.body),
  })
}
