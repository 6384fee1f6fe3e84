import { jwtVerify, type JWTPayload } from 'jose'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Permission } from '#shared/permissions.ts'
import { hashApiToken, isApiToken } from './api-token.ts'
import type { Authenticated } from './authenticate-session.ts'
import { rolesOfGroups } from './group-roles.ts'
import { toActor } from './load-actor.ts'
import { provisionPerson } from './provision-person.ts'
import { findPerson, findToken, touchToken } from './queries.ts'
import { readClaims } from './read-claims.ts'
import { isUnreachable, signatureAlgorithms, type RelyingParty } from './relying-party.ts'
import { requireAccessToken } from './require-access-token.ts'
import { syncGroupRoles } from './sync-group-roles.ts'
import { syncScimRoles } from './sync-scim-roles.ts'
import { findLastSignIn } from './token-queries.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>

const keysAway =
  'The identity provider does not answer, so its tokens cannot be proven just now. Try again in a minute, or use an API token.'
const touchEveryMs = 60_000
const keptTokens = 10_000

/**
 * Authenticates programs: an API token of ours, or an access token of the firm's provider. The provider's token is
 * proven at each request; its person and roles are brought up to date once for each token. Throws `unauthenticated`.
 */
export function createBearerAuthentication(
  deps: Parts,
  relyingParty: RelyingParty,
): (token: string) => Promise<Authenticated> {
  const synced = new Map<string, string>()

  async function byAccessToken(token: string): Promise<Authenticated> {
    const claims = await proveAccessToken(deps, relyingParty, token)
    const key = hashApiToken(token).toString('base64')
    const userId = synced.get(key) ?? (await syncPerson(deps, claims))
    if (synced.size >= keptTokens) synced.clear()
    synced.set(key, userId)
    const row = await findPerson(deps.db, userId, deps.clock.now())
    if (row === undefined || !row.active) throw refused()
    return { actor: { ...toActor(row), kind: 'token' } }
  }

  return (token) => (token.startsWith('gwt_') ? byApiToken(deps, token) : byAccessToken(token))
}

async function byApiToken(deps: Parts, token: string): Promise<Authenticated> {
  // The checksum spares the database what was never a token.
  if (!isApiToken(token)) throw refused()
  const now = deps.clock.now()
  const row = await findToken(deps.db, hashApiToken(token), now)
  if (row === undefined || row.revokedAt !== null || row.expiresAt <= now || !row.active) throw refused()
  if (row.lastUsedAt === null || addMilliseconds(row.lastUsedAt, touchEveryMs) < now)
    await touchToken(deps.db, row.tokenId, now)
  return { actor: { ...toActor(row), kind: 'token', tokenId: row.tokenId, scopes: row.scopes as Permission[] } }
}

async function proveAccessToken(deps: Parts, relyingParty: RelyingParty, token: string): Promise<JWTPayload> {
  const { configuration, keys } = await relyingParty.discover()
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms: signatureAlgorithms,
      issuer: configuration.serverMetadata().issuer,
      audience: deps.config.oidc.audience ?? deps.config.publicUrl,
      clockTolerance: deps.config.oidc.clockSkewSeconds ?? 30,
      requiredClaims: ['sub', 'exp'],
    })
    requireAccessToken(protectedHeader, payload, deps.config.oidc.accessTokenType === 'at+jwt')
    return payload
  } catch (error) {
    if (isUnreachable(error)) throw new AppError('provider_unavailable', keysAway, { cause: error })
    throw refused(error)
  }
}

function syncPerson(deps: Parts, claims: JWTPayload): Promise<string> {
  const person = readClaims(deps.config, claims)
  return inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const { userId } = await provisionPerson(tx, person, now)
    const mapped = rolesOfGroups(deps.config.oidc.groupRoles, person.groups)
    // An access token without groups says nothing of roles; what the person's sign-in or an administrator gave stays.
    if (person.groupsState === 'sent' && !(await isOutdated(tx, userId, claims)))
      await syncGroupRoles(tx, { userId, mapped, source: 'group' }, now)
    await syncScimRoles(deps, tx, [userId], now)
    return userId
  })
}

/** A token from before the last sign-in may name groups that were left since; it does not bring their roles back. */
async function isOutdated(tx: Tx, userId: string, { iat }: JWTPayload): Promise<boolean> {
  const signedInAt = await findLastSignIn(tx, userId)
  return signedInAt !== undefined && (iat === undefined || new Date(iat * 1000).toISOString() < signedInAt)
}

function refused(cause?: unknown): AppError {
  return new AppError(
    'unauthenticated',
    'This token is unknown, expired or revoked. Make a new one, or sign in again.',
    { cause },
  )
}
