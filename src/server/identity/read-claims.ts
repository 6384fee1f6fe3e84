import type { Config } from '#server/platform/config.ts'

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
  readonly groups: readonly string[]
  /** `overage`: the provider holds more groups than fit into a token, and they could not be had elsewhere. */
  readonly groupsState: GroupsState
}
export type GroupsState = 'sent' | 'missing' | 'overage'

/** Reads a person out of claims; several sources (ID token, userinfo, access token) are merged by the caller. */
export function readClaims(config: Pick<Config, 'embedded' | 'oidc'>, claims: Claims): PersonClaims {
  const subject = String(claims['sub'])
  const userName = textOf(claims['preferred_username']) ?? textOf(claims['upn'])
  const email = claims['email_verified'] === false ? null : textOf(claims['email'])
  const groups = groupsOf(claims, config.oidc.groupsClaim)
  return {
    issuer: issuerName(config),
    subject,
    displayName: (textOf(claims['name']) ?? userName ?? email ?? subject).slice(0, 200),
    email,
    userName,
    locale: textOf(claims['locale'])?.toLowerCase().startsWith('fr') === true ? 'fr' : 'en',
    unitSlug: textOf(claims[config.oidc.unitClaim ?? 'unit']) ?? undefined,
    groups: groups ?? [],
    groupsState: groups !== undefined ? 'sent' : isOverage(claims, config.oidc.groupsClaim) ? 'overage' : 'missing',
  }
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
