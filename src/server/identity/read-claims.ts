import { AppError } from '#server/platform/app-error.ts'
import type { Config } from '#server/platform/config.ts'
import { findUnkeepable } from '#server/platform/refuse-unkeepable.ts'

type Claims = Readonly<Record<string, unknown>>

/** What the provider says of a person. */
export interface PersonClaims {
  readonly issuer: string
  readonly subject: string
  readonly displayName: string
  readonly email: string | null
  readonly userName: string | null
  readonly locale: 'en' | 'fr'
  readonly unitSlug: string | undefined
  readonly employeeNumber: string | null
  readonly groups: readonly string[]
  /** `overage`: the provider holds more groups than fit into a token, and they could not be had elsewhere. */
  readonly groupsState: GroupsState
}
export type GroupsState = 'sent' | 'missing' | 'overage'

/** OpenID Connect Core section 2: no subject is longer. An index of the database must hold it, and a session's id. */
const longestId = 255

/**
 * Reads a person out of claims; several sources (ID token, userinfo, access token) are merged by the caller. Throws
 * `unauthenticated` for a person whom no record could name: no or an endless subject, text that cannot be kept.
 */
export function readClaims(config: Pick<Config, 'embedded' | 'oidc'>, claims: Claims): PersonClaims {
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : ''
  const userName = textOf(claims['preferred_username']) ?? textOf(claims['upn'])
  const email = readEmail(claims)
  const groups = groupsOf(claims, config.oidc.groupsClaim)
  if (subject === '' || tooLong(subject) || tooLong(claims['sid']))
    throw unacceptable(new Error(`sub and sid: 1 to ${longestId} characters`))
  const person: PersonClaims = {
    issuer: issuerName(config),
    subject,
    displayName: shorten(textOf(claims['name']) ?? userName ?? email ?? subject, 200),
    email,
    userName,
    locale: textOf(claims['locale'])?.toLowerCase().startsWith('fr') === true ? 'fr' : 'en',
    unitSlug: textOf(claims[config.oidc.unitClaim ?? 'unit']) ?? undefined,
    employeeNumber: config.oidc.employeeClaim === undefined ? null : readNumber(claims[config.oidc.employeeClaim]),
    groups: groups ?? [],
    groupsState: groups !== undefined ? 'sent' : isOverage(claims, config.oidc.groupsClaim) ? 'overage' : 'missing',
  }
  const found = findUnkeepable({ ...person, sid: claims['sid'] })
  if (found !== undefined) throw unacceptable(new Error(`claim ${found.instancePath}: ${found.message}`))
  return person
}

/** What the provider says proves nobody; the cause says which part of it, to the operator. */
export function unacceptable(cause: unknown): AppError {
  return new AppError(
    'unauthenticated',
    'The identity provider’s answer could not be accepted. Start the sign-in again; if it stays, tell your administrator.',
    { cause },
  )
}

/** Some providers write booleans as text. An address longer than RFC 5321 allows is none. */
function readEmail(claims: Claims): string | null {
  if (claims['email_verified'] === false || claims['email_verified'] === 'false') return null
  const email = textOf(claims['email'])
  return email === null || email.length > 320 ? null : email
}

/** An employee number, also where the provider sends it as one. */
function readNumber(claim: unknown): string | null {
  const number = textOf(typeof claim === 'number' ? String(claim) : claim)
  return number === null || number.length > longestId ? null : number
}

function tooLong(id: unknown): boolean {
  return typeof id === 'string' && id.length > longestId
}

/** Whole characters only: half of one could not be kept. */
export function shorten(text: string, most: number): string {
  const cut = text.slice(0, most)
  return cut.length < text.length && !cut.isWellFormed() ? cut.slice(0, -1) : cut
}

/** People are kept under the issuer's name; the embedded provider's port may change from start to start, its people do not. */
export function issuerName(config: Pick<Config, 'embedded' | 'oidc'>): string {
  return config.embedded ? 'embedded' : config.oidc.issuer
}

/** The groups claim: a list, one name, or a path into nested claims (`realm_access.roles`). */
export function groupsOf(claims: Claims, path: string): readonly string[] | undefined {
  const value =
    claims[path] ?? path.split('.').reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), claims)
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((group): group is string => typeof group === 'string') : undefined
}

/** Entra and others name the claim in `_claim_names`, or say `hasgroups`, when the groups do not fit (OpenID Connect Core 5.6.2). */
function isOverage(claims: Claims, path: string): boolean {
  const names = claims['_claim_names']
  return (isObject(names) && path in names) || claims['hasgroups'] === true || claims['hasgroups'] === 'true'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}
