import type { FastifyError, FastifyReply } from 'fastify'
import SCIMMY from 'scimmy'
import { errorStatus } from '#shared/error-code.ts'
import * as contract from '#shared/api/scim.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { applyScimGroupPatch, createScimGroup, deleteScimGroup, replaceScimGroup } from './change-scim-group.ts'
import { applyScimPatch, createScimUser, deleteScimUser, notFound, replaceScimUser } from './provision-scim-user.ts'
import { groupColumns, userColumns, whereScim } from './scim-filter.ts'
import { findScimGroup, findScimUser, listScimGroups, listScimUsers } from './scim-queries.ts'
import {
  enterpriseSchema,
  groupSchema,
  toScimGroup,
  toScimUser,
  userSchema,
  type Attributes,
} from './scim-resources.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>

const mediaType = 'application/scim+json; charset=utf-8'
const largestPage = 500

/** SCIM 2.0 for the firm's provisioning client: its own media type and its own form of errors. */
export function registerScimRoutes(app: App, deps: Parts): void {
  void app.register(async (scope: App) => {
    const parseJson = scope.getDefaultJsonParser('error', 'ignore')
    // Clients name the media type on a DELETE too, which has no body.
    scope.addContentTypeParser('application/scim+json', { parseAs: 'string' }, (request, body, done) =>
      body === '' ? done(null, undefined) : parseJson(request, String(body), done),
    )
    scope.setErrorHandler((error: FastifyError | AppError, _request, reply) => sendScimError(reply, error))
    scope.addHook('onSend', async (_request, reply) => void reply.header('content-type', mediaType))
    const base = new URL('/scim/v2', deps.config.publicUrl).href
    registerAbout(scope, base)
    registerUsers(scope, deps, base)
    registerGroups(scope, deps, base)
  })
}

function sendScimError(reply: FastifyReply, error: FastifyError | AppError): FastifyReply {
  const { status, scimType, detail } = describe(error)
  return reply
    .code(status)
    .serializer(JSON.stringify)
    .send({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType === '' ? {} : { scimType }),
      detail,
    })
}

/** scimmy's errors say their own; a TypeError of its schemas is the client's mistake; what else is ours goes up. */
function describe(error: FastifyError | AppError): { status: number; scimType: string; detail: string } {
  if (error instanceof SCIMMY.Types.Error) {
    const { status, scimType } = error as unknown as { status: number; scimType?: string }
    return { status, scimType: scimType ?? '', detail: error.message }
  }
  if (error instanceof AppError) return { status: errorStatus[error.code], scimType: '', detail: error.message }
  if (isSchemaError(error)) return { status: 400, scimType: 'invalidValue', detail: error.message }
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { status: error.statusCode, scimType: 'invalidSyntax', detail: error.message }
  throw error
}

function isSchemaError(error: Error): boolean {
  return error instanceof TypeError && /attribute|Attribute|schema|PatchOp|complex|expected/i.test(error.message)
}

function registerAbout(scope: App, base: string): void {
  const supported = (value: boolean) => ({ supported: value })
  scope.route({
    ...contract.getServiceProviderConfig,
    handler: async () => ({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: supported(true),
      bulk: { ...supported(false), maxOperations: 0, maxPayloadSize: 0 },
      filter: { ...supported(true), maxResults: largestPage },
      changePassword: supported(false),
      sort: supported(false),
      etag: supported(false),
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
  scope.route({
    ...contract.getResourceTypes,
    handler: async () => list([resourceType('User', userSchema, base), resourceType('Group', groupSchema, base)]),
  })
  const { User, Group, EnterpriseUser } = SCIMMY.Schemas
  scope.route({
    ...contract.getSchemas,
    handler: async () =>
      list(
        [User, Group, EnterpriseUser].map(
          ({ definition }) => definition.describe(`${base}/Schemas`) as unknown as Attributes,
        ),
      ),
  })
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

interface ListQuery {
  readonly startIndex?: number
  readonly count?: number
  readonly attributes?: string
  readonly excludedAttributes?: string
}

/** RFC 7644 section 3.4.2.4: below 1 counts as 1, a negative count as 0. */
function readPage(query: ListQuery): { startIndex: number; count: number } {
  return {
    startIndex: Math.max(1, query.startIndex ?? 1),
    count: Math.min(largestPage, Math.max(0, query.count ?? 100)),
  }
}

function withoutMembers(query: ListQuery): boolean {
  const named = (text: string | undefined) => (text ?? '').split(',').map((name) => name.trim().toLowerCase())
  return (
    named(query.excludedAttributes).includes('members') ||
    (query.attributes !== undefined && !named(query.attributes).includes('members'))
  )
}

function registerUsers(scope: App, deps: Parts, base: string): void {
  scope.route({
    ...contract.listScimUsers,
    handler: async (request) => {
      const { startIndex, count } = readPage(request.query)
      const { total, rows } = await listScimUsers(
        deps.db,
        whereScim(userColumns, request.query.filter),
        startIndex,
        count,
      )
      return list(
        rows.map((row) => toScimUser(row, base)),
        total,
        startIndex,
      )
    },
  })
  scope.route({
    ...contract.createScimUser,
    handler: async (request, reply) => reply.code(201).send(toScimUser(await createScimUser(deps, request.body), base)),
  })
  scope.route({
    ...contract.getScimUser,
    handler: async (request) => {
      const row = await findScimUser(deps.db, request.params.resourceId)
      if (row === undefined) throw notFound()
      return toScimUser(row, base)
    },
  })
  scope.route({
    ...contract.replaceScimUser,
    handler: async (request) => toScimUser(await replaceScimUser(deps, request.params.resourceId, request.body), base),
  })
  scope.route({
    ...contract.patchScimUser,
    handler: async (request) => toScimUser(await applyScimPatch(deps, request.params.resourceId, request.body), base),
  })
  scope.route({
    ...contract.deleteScimUser,
    handler: async (request, reply) => {
      await deleteScimUser(deps, request.params.resourceId)
      await reply.code(204).send()
    },
  })
}

function registerGroups(scope: App, deps: Parts, base: string): void {
  scope.route({
    ...contract.listScimGroups,
    handler: async (request) => {
      const { startIndex, count } = readPage(request.query)
      const { total, rows } = await listScimGroups(
        deps.db,
        whereScim(groupColumns, request.query.filter),
        startIndex,
        count,
        !withoutMembers(request.query),
      )
      return list(
        rows.map((row) => toScimGroup(row, base)),
        total,
        startIndex,
      )
    },
  })
  scope.route({
    ...contract.createScimGroup,
    handler: async (request, reply) =>
      reply.code(201).send(toScimGroup(await createScimGroup(deps, request.body), base)),
  })
  scope.route({
    ...contract.getScimGroup,
    handler: async (request) => {
      const row = await findScimGroup(deps.db, request.params.resourceId)
      if (row === undefined) throw notFound()
      return toScimGroup(withoutMembers(request.query) ? { ...row, members: [] } : row, base)
    },
  })
  scope.route({
    ...contract.replaceScimGroup,
    handler: async (request) =>
      toScimGroup(await replaceScimGroup(deps, request.params.resourceId, request.body), base),
  })
  scope.route({
    ...contract.patchScimGroup,
    handler: async (request) =>
      toScimGroup(await applyScimGroupPatch(deps, request.params.resourceId, request.body), base),
  })
  scope.route({
    ...contract.deleteScimGroup,
    handler: async (request, reply) => {
      await deleteScimGroup(deps, request.params.resourceId)
      await reply.code(204).send()
    },
  })
}
