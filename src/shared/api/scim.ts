import { Type } from 'typebox'
import { IdParams } from './common.ts'
import { endpoint } from './endpoint.ts'

// SCIM 2.0 (RFC 7643, RFC 7644). Bodies are the protocol's own and are checked by its schemas, not by ours.
const config = { permission: 'scim.synchronise' } as const
const tags = ['scim'] as const
const Message = Type.Record(Type.String(), Type.Unknown())
const ListQuery = Type.Object({
  filter: Type.Optional(Type.String({ maxLength: 2000 })),
  startIndex: Type.Optional(Type.Integer()),
  count: Type.Optional(Type.Integer()),
  attributes: Type.Optional(Type.String({ maxLength: 2000 })),
  excludedAttributes: Type.Optional(Type.String({ maxLength: 2000 })),
  sortBy: Type.Optional(Type.String({ maxLength: 200 })),
  sortOrder: Type.Optional(Type.String({ maxLength: 20 })),
})
const params = IdParams('resourceId')
/** RFC 7644 section 3.4.3: what a list is asked for, as a message; a filter then stands in no proxy's log. */
const SearchRequest = Type.Object({
  schemas: Type.Array(Type.String(), { contains: Type.Literal('urn:ietf:params:scim:api:messages:2.0:SearchRequest') }),
  ...Type.Omit(ListQuery, ['attributes', 'excludedAttributes']).properties,
  attributes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
  excludedAttributes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
})
const OneQuery = Type.Pick(ListQuery, ['attributes', 'excludedAttributes'])

const about = (url: string, summary: string) =>
  endpoint({ method: 'GET', url, config, schema: { summary, tags, response: { 200: Message } } })

export const getServiceProviderConfig = about('/scim/v2/ServiceProviderConfig', 'What this SCIM service can do')
export const getResourceTypes = about('/scim/v2/ResourceTypes', 'Users and Groups')
export const getSchemas = about('/scim/v2/Schemas', 'The attributes of users and groups')
const named = (url: string, summary: string) =>
  endpoint({
    method: 'GET',
    url,
    config,
    schema: { summary, tags, params: Type.Object({ name: Type.String() }), response: { 200: Message } },
  })
export const getResourceType = named('/scim/v2/ResourceTypes/:name', 'User or Group')
export const getSchema = named('/scim/v2/Schemas/:name', 'The attributes of one schema')

export const runScimBulk = endpoint({
  method: 'POST',
  url: '/scim/v2/Bulk',
  config,
  schema: {
    summary: 'Many changes in one call, each with its own outcome',
    tags,
    body: Type.Object({
      failOnErrors: Type.Optional(Type.Integer({ minimum: 1 })),
      Operations: Type.Array(
        Type.Object({
          method: Type.String(),
          path: Type.String(),
          bulkId: Type.Optional(Type.String()),
          version: Type.Optional(Type.String()),
          data: Type.Optional(Message),
        }),
      ),
    }),
    response: { 200: Message },
  },
})

export const listScimUsers = endpoint({
  method: 'GET',
  url: '/scim/v2/Users',
  config,
  schema: { summary: 'Provisioned people, by filter', tags, querystring: ListQuery, response: { 200: Message } },
})
export const searchScimUsers = endpoint({
  method: 'POST',
  url: '/scim/v2/Users/.search',
  config,
  schema: {
    summary: 'Provisioned people, by a filter in the body',
    tags,
    body: SearchRequest,
    response: { 200: Message },
  },
})
export const createScimUser = endpoint({
  method: 'POST',
  url: '/scim/v2/Users',
  config,
  schema: { summary: 'Enters a person', tags, body: Message, response: { 201: Message } },
})
export const getScimUser = endpoint({
  method: 'GET',
  url: '/scim/v2/Users/:resourceId',
  config,
  schema: { summary: 'One person', tags, params, querystring: OneQuery, response: { 200: Message } },
})
export const replaceScimUser = endpoint({
  method: 'PUT',
  url: '/scim/v2/Users/:resourceId',
  config,
  schema: {
    summary: 'Replaces a person’s attributes; active: false off-boards',
    tags,
    params,
    body: Message,
    response: { 200: Message },
  },
})
export const patchScimUser = endpoint({
  method: 'PATCH',
  url: '/scim/v2/Users/:resourceId',
  config,
  schema: { summary: 'Changes a person’s attributes', tags, params, body: Message, response: { 200: Message } },
})
export const deleteScimUser = endpoint({
  method: 'DELETE',
  url: '/scim/v2/Users/:resourceId',
  config,
  schema: { summary: 'Off-boards; what the person did stays', tags, params },
})

export const listScimGroups = endpoint({
  method: 'GET',
  url: '/scim/v2/Groups',
  config,
  schema: { summary: 'Groups, by filter', tags, querystring: ListQuery, response: { 200: Message } },
})
export const searchScimGroups = endpoint({
  method: 'POST',
  url: '/scim/v2/Groups/.search',
  config,
  schema: {
    summary: 'Provisioned groups, by a filter in the body',
    tags,
    body: SearchRequest,
    response: { 200: Message },
  },
})
export const createScimGroup = endpoint({
  method: 'POST',
  url: '/scim/v2/Groups',
  config,
  schema: {
    summary: 'Enters a group; its members get the roles that its name is mapped to',
    tags,
    body: Message,
    response: { 201: Message },
  },
})
export const getScimGroup = endpoint({
  method: 'GET',
  url: '/scim/v2/Groups/:resourceId',
  config,
  schema: { summary: 'One group', tags, params, querystring: OneQuery, response: { 200: Message } },
})
export const replaceScimGroup = endpoint({
  method: 'PUT',
  url: '/scim/v2/Groups/:resourceId',
  config,
  schema: { summary: 'Replaces name and members', tags, params, body: Message, response: { 200: Message } },
})
export const patchScimGroup = endpoint({
  method: 'PATCH',
  url: '/scim/v2/Groups/:resourceId',
  config,
  schema: { summary: 'Adds and removes members', tags, params, body: Message, response: { 200: Message } },
})
export const deleteScimGroup = endpoint({
  method: 'DELETE',
  url: '/scim/v2/Groups/:resourceId',
  config,
  schema: { summary: 'Removes a group; its members lose the roles that came from it', tags, params },
})
