import SCIMMY from 'scimmy'
import { validate } from 'uuid'
import type { Instant } from '#server/platform/clock.ts'
import { shorten, type PersonClaims } from './read-claims.ts'
import { refuseInheritedKeys, refuseInheritedPath, refuseLong, refuseSprawling } from './scim-refusals.ts'
import { entityTag } from './scim-version.ts'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const { User, Group, EnterpriseUser } = SCIMMY.Schemas
User.definition.extend(EnterpriseUser.definition, false)

export type Attributes = Readonly<Record<string, unknown>>

/** A person as the provisioning client sees them. */
export interface ScimUserRow {
  readonly id: string
  readonly userName: string
  readonly externalId: string | null
  readonly active: boolean
  readonly scim: Attributes
  readonly createdAt: Instant
  readonly updatedAt: Instant
  /** Changes with each change of the row. */
  readonly version: string
  readonly groups: readonly { readonly value: string; readonly display: string }[]
}

export interface ScimGroupRow {
  readonly id: string
  readonly displayName: string
  readonly externalId: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly version: string
  readonly members: readonly { readonly value: string; readonly display: string }[]
}

/**
 * Checks a user against the schemas of RFC 7643 and answers what is kept. Throws scimmy's errors. Clients in the field
 * send booleans as text; that is read as meant.
 */
export function readScimUser(body: Attributes): Attributes {
  refuseInheritedKeys(body)
  const { id: _id, meta: _meta, groups: _groups, password: _password, ...rest } = body
  refuseSprawling(rest)
  const schemas = enterpriseSchema in rest ? [userSchema, enterpriseSchema] : [userSchema]
  // `new User` does this too, and then all of it again for each attribute.
  const { [enterpriseSchema]: extension, ...user } = plain(
    User.definition.coerce({ ...withBooleans(rest), schemas }, 'in'),
  )
  return saysSomething(extension) ? { ...user, [enterpriseSchema]: extension } : user
}

function saysSomething(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.values(value).some(saysSomething) : value !== undefined
}

/** Applies a PATCH (RFC 7644 section 3.5.2) to a stored user. */
export async function patchScimUser(row: ScimUserRow, body: Attributes): Promise<Attributes> {
  refuseInheritedKeys(body)
  refuseSprawling(body)
  const operations = Array.isArray(body['Operations'])
    ? body['Operations'].filter(isObject).map(readOperation)
    : body['Operations']
  const patch = new SCIMMY.Messages.PatchOp({ ...body, Operations: operations } as never)
  const stored = {
    ...row.scim,
    schemas: enterpriseSchema in row.scim ? [userSchema, enterpriseSchema] : [userSchema],
    active: row.active,
  }
  const patched = await patch.apply(new User(stored, 'both') as never, ((resource: unknown) => resource) as never)
  return readScimUser(patched === undefined ? stored : plain(patched))
}

function plain(resource: unknown): Attributes {
  return JSON.parse(JSON.stringify(resource)) as Attributes
}

function readOperation(operation: Attributes): Attributes {
  const { path, value } = operation
  refuseInheritedPath(path)
  if (path === 'active') return { ...operation, value: toBoolean(value) }
  return isObject(value) ? { ...operation, value: withBooleans(value) } : operation
}

function withBooleans(attributes: Attributes): Attributes {
  return 'active' in attributes ? { ...attributes, active: toBoolean(attributes['active']) } : attributes
}

function toBoolean(value: unknown): unknown {
  const text = typeof value === 'string' ? value.toLowerCase() : undefined
  return text === 'true' ? true : text === 'false' ? false : value
}

export function isObject(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function userTag(row: ScimUserRow): string {
  return entityTag(row.version, row.groups)
}

/** The resource on the wire. */
export function toScimUser(row: ScimUserRow, base: string): Attributes {
  const { userName, externalId, active, groups } = row
  return {
    ...row.scim,
    schemas: enterpriseSchema in row.scim ? [userSchema, enterpriseSchema] : [userSchema],
    id: row.id,
    ...(externalId === null ? {} : { externalId }),
    userName: typeof row.scim['userName'] === 'string' ? row.scim['userName'] : userName,
    active,
    groups: groups.map(({ value, display }) => ({ value, display, $ref: `${base}/Groups/${value}`, type: 'direct' })),
    meta: {
      resourceType: 'User',
      created: row.createdAt,
      lastModified: row.updatedAt,
      location: `${base}/Users/${row.id}`,
      version: userTag(row),
    },
  }
}

export function toScimGroup(row: ScimGroupRow, base: string): Attributes {
  const { id, displayName, externalId, members } = row
  return {
    schemas: [groupSchema],
    id,
    ...(externalId === null ? {} : { externalId }),
    displayName,
    members: members.map(({ value, display }) => ({ value, display, type: 'User', $ref: `${base}/Users/${value}` })),
    meta: {
      resourceType: 'Group',
      created: row.createdAt,
      lastModified: row.updatedAt,
      location: `${base}/Groups/${id}`,
      version: entityTag(row.version),
    },
  }
}

/** Checks a group and answers its name and the ids of its members. */
export function readScimGroup(body: Attributes): { displayName: string; externalId: string | null; members: string[] } {
  refuseInheritedKeys(body)
  const { id: _id, meta: _meta, ...rest } = body
  const group = plain(Group.definition.coerce({ ...rest, schemas: [groupSchema] }, 'in'))
  return {
    displayName: readGroupName(group['displayName']),
    externalId: readExternalId(group['externalId']),
    members: memberIds(group['members']),
  }
}

/** A group without a name would be mapped to no role and found by nobody. */
export function readGroupName(value: unknown): string {
  const name = textOf(value)
  if (name === null) throw new SCIMMY.Types.Error(400, 'invalidValue', 'A group has a displayName.')
  refuseLong('displayName', name)
  return name
}

export function readExternalId(value: unknown): string | null {
  const id = textOf(value)
  refuseLong('externalId', id)
  return id
}

/** The ids of members; what cannot be an id of ours is nobody's, and is left out like anybody who is not known. */
export function memberIds(members: unknown): string[] {
  const list: unknown[] = Array.isArray(members) ? members : members === undefined ? [] : [members]
  return list
    .flatMap((member) => (isObject(member) ? (textOf(member['value']) ?? []) : (textOf(member) ?? [])))
    .filter((id) => validate(id))
}

/** One name, however its letters and accents are written (RFC 7643 section 4.1.1: a userName ignores case). */
export function foldName(userName: string): string {
  return userName.normalize('NFC').toLowerCase()
}

/** What the gateway takes from a provisioned user. */
export interface ScimPerson {
  readonly userName: string
  readonly externalId: string | null
  readonly displayName: string
  readonly email: string | null
  readonly locale: PersonClaims['locale']
  readonly unitSlug: string | undefined
  readonly employeeNumber: string | null
  readonly active: boolean
}

export function readScimPerson(scim: Attributes): ScimPerson {
  const name = isObject(scim['name']) ? scim['name'] : {}
  const enterprise = isObject(scim[enterpriseSchema]) ? scim[enterpriseSchema] : {}
  const userName = textOf(scim['userName']) ?? ''
  const full = [name['givenName'], name['familyName']].filter((part) => typeof part === 'string').join(' ')
  const email = primaryEmail(scim['emails'])
  const employeeNumber = textOf(enterprise['employeeNumber'])
  for (const [name, value] of Object.entries({ userName, email, employeeNumber })) refuseLong(name, value)
  return {
    userName: foldName(userName),
    externalId: readExternalId(scim['externalId']),
    displayName: shorten(textOf(scim['displayName']) ?? textOf(name['formatted']) ?? textOf(full) ?? userName, 200),
    email,
    locale: (textOf(scim['preferredLanguage']) ?? textOf(scim['locale']) ?? '').toLowerCase().startsWith('fr')
      ? 'fr'
      : 'en',
    unitSlug: textOf(enterprise['department'])
      ?.toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-'),
    employeeNumber,
    active: scim['active'] !== false,
  }
}

function primaryEmail(emails: unknown): string | null {
  const list = Array.isArray(emails) ? emails.filter(isObject) : []
  const chosen = list.find((email) => email['primary'] === true) ?? list[0]
  return textOf(chosen?.['value'])
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}
