import { jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { systemActor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { endSessionIn, endSessionsOf } from './end-session.ts'
import { followClaimSource } from './follow-claim-source.ts'
import { rolesOfGroups } from './group-roles.ts'
import { toActor } from './load-actor.ts'
import { provisionPerson } from './provision-person.ts'
import { findPerson, insertSession } from './queries.ts'
import { readClaims, unacceptable, type PersonClaims } from './read-claims.ts'
import {
  isUnreachable,
  providerDown,
  signatureAlgorithms,
  type Discovered,
  type RelyingParty,
} from './relying-party.ts'
import type { SignInState } from './sign-in-state.ts'
import { syncGroupRoles } from './sync-group-roles.ts'
import { syncScimRoles } from './sync-scim-roles.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config' | 'secretBox'>

interface Proven {
  readonly person: PersonClaims
  readonly providerSid: string | null
  readonly idToken: string
  /** Seconds between the provider's sign-in and its token, by the provider's own clock; unknown counts as long ago. */
  readonly ageSeconds: number
}

const longAgoSeconds = 10 * 365 * 86_400

/**
 * Exchanges the code, proves the ID token (signature, issuer, audience, nonce, times), enters or updates the person,
 * makes their group roles current and starts a new session. `replaced` is a session that the browser carried before.
 * Throws `unauthenticated` (and leaves a `session.refused` record), `forbidden` for the off-boarded, or
 * `provider_unavailable`, which leaves nothing.
 */
export async function finishSignIn(
  deps: Parts,
  relyingParty: RelyingParty,
  callback: URL,
  signIn: SignInState,
  replaced?: string,
): Promise<{ readonly sessionId: string }> {
  const discovered = await relyingParty.discover()
  try {
    const proven = await proveIdentity(deps, discovered, callback, signIn)
    return await inTransaction(deps.db, (tx) => startSession(deps, tx, proven, replaced))
  } catch (error) {
    const refusal = toRefusal(error)
    if (refusal.code !== 'provider_unavailable') await recordRefusal(deps, error)
    throw refusal
  }
}

async function proveIdentity(deps: Parts, discovered: Discovered, callback: URL, signIn: SignInState): Promise<Proven> {
  const { configuration, keys } = discovered
  const tokens = await openid.authorizationCodeGrant(configuration, callback, {
    expectedState: signIn.state,
    expectedNonce: signIn.nonce,
    pkceCodeVerifier: signIn.codeVerifier,
    idTokenExpected: true,
    ...(signIn.maxAge === undefined ? {} : { maxAge: signIn.maxAge }),
  })
  const idToken = tokens.id_token ?? ''
  const { payload } = await jwtVerify(idToken, keys, {
    algorithms: signatureAlgorithms,
    audience: deps.config.oidc.clientId,
    clockTolerance: deps.config.oidc.clockSkewSeconds ?? 30,
  })
  const fromToken = readClaims(deps.config, payload)
  const person =
    fromToken.groupsState === 'sent' ? fromToken : await lookFurther(deps, discovered, tokens.access_token, payload)
  const authTime = payload['auth_time']
  return {
    person,
    providerSid: typeof payload['sid'] === 'string' ? payload['sid'] : null,
    idToken,
    ageSeconds:
      typeof authTime === 'number' && authTime > 0 && payload.iat !== undefined
        ? Math.min(longAgoSeconds, Math.max(0, payload.iat - authTime))
        : longAgoSeconds,
  }
}

/**
 * Providers that keep groups out of the ID token answer them at userinfo, name a source of them, or put them into a
 * signed access token. Not having any is no fault of theirs: then the person has no groups, and the answer says so.
 */
async function lookFurther(
  deps: Parts,
  discovered: Discovered,
  accessToken: string,
  claims: Record<string, unknown>,
): Promise<PersonClaims> {
  const { configuration, keys } = discovered
  const { userinfo_endpoint, issuer } = configuration.serverMetadata()
  const more =
    userinfo_endpoint === undefined ? {} : await openid.fetchUserInfo(configuration, accessToken, String(claims['sub']))
  const person = readClaims(deps.config, { ...claims, ...more })
  if (person.groupsState === 'sent') return person
  const kept = await followClaimSource(deps, discovered, { ...claims, ...more }, deps.config.oidc.groupsClaim)
  if (kept !== undefined) return readClaims(deps.config, { ...claims, ...more, ...kept })
  if (accessToken.split('.').length !== 3) return person
  // An access token that cannot be proven is meant for somebody else, and says nothing to us.
  const proven = await jwtVerify(accessToken, keys, { algorithms: signatureAlgorithms, issuer }).catch(() => undefined)
  return proven?.payload.sub === claims['sub']
    ? readClaims(deps.config, { ...proven?.payload, ...claims, ...more })
    : person
}

async function startSession(
  deps: Parts,
  tx: Tx,
  proven: Proven,
  replaced: string | undefined,
): Promise<{ readonly sessionId: string }> {
  const now = deps.clock.now()
  const { userId } = await provisionPerson(tx, proven.person, now)
  const mapped = rolesOfGroups(deps.config.oidc.groupRoles, proven.person.groups)
  const { revoked } = await syncGroupRoles(tx, { userId, mapped, source: 'group' }, now)
  if (revoked > 0) await endSessionsOf(tx, userId, 'role_lost', now)
  await syncScimRoles(deps, tx, [userId], now)
  const row = await findPerson(tx, userId, now)
  if (row === undefined) throw new Error('the person who just signed in is gone')
  const sessionId = newId(now)
  await insertSession(tx, {
    id: sessionId,
    user_id: userId,
    provider_sid: proven.providerSid,
    id_token: deps.secretBox.seal(proven.idToken, `session ${sessionId}`).toString('base64'),
    authenticated_at: addMilliseconds(now, -proven.ageSeconds * 1000),
    created_at: now,
    last_seen_at: now,
    expires_at: addMilliseconds(now, deps.config.session.absoluteHours * 3_600_000),
    groups_state: proven.person.groupsState,
  })
  const actor = { ...toActor(row), sessionId }
  if (replaced !== undefined) await endSessionIn(tx, actor, replaced, 'replaced', now)
  await recordStart(tx, actor, proven, now)
  return { sessionId }
}

function recordStart(
  tx: Tx,
  actor: ReturnType<typeof toActor> & { sessionId: string },
  { person }: Proven,
  now: Instant,
): Promise<string> {
  return appendRecord(tx, actor, {
    type: 'session.started',
    at: now,
    streams: { user: actor.userId, unit: actor.unitId },
    body: {
      sessionId: actor.sessionId,
      userId: actor.userId,
      issuer: person.issuer,
      subject: person.subject,
      groups: [...person.groups],
      groupsState: person.groupsState,
      roles: actor.grants.map(({ role, unitId }) => ({ role, unitId })),
    },
  })
}

function toRefusal(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isUnreachable(error)) return new AppError('provider_unavailable', providerDown, { cause: error })
  if (!isProviderFault(error)) throw error
  if (saysNothingOfTime(error))
    return new AppError(
      'step_up_required',
      'The identity provider did not say that it asked you just now, so what needs a fresh sign-in stays closed. Your administrator can have it answer max_age with the time (auth_time).',
      { cause: error },
    )
  return unacceptable(error)
}

/** An error of openid-client, oauth4webapi or jose: all carry a text code. Anything else is a bug of ours or Postgres'. */
function isProviderFault(error: unknown): error is Error & { code: string } {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^(OAUTH_|ERR_J|ERR_INVALID|INVALID_)/.test(code)
}

/** We asked for a fresh sign-in, and the token's `auth_time` is too old (some say 0 always) or absent. */
function saysNothingOfTime(error: Error): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { claim, claims } = (at.cause ?? {}) as { claim?: string; claims?: object }
    if (claim === 'auth_time' || (claims !== undefined && at.message.includes('"auth_time"'))) return true
  }
  return false
}

async function recordRefusal(deps: Parts, error: unknown): Promise<void> {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  const reason = typeof code === 'string' ? code : 'unknown'
  await inTransaction(deps.db, (tx) =>
    appendRecord(tx, systemActor, { type: 'session.refused', at: deps.clock.now(), streams: {}, body: { reason } }),
  )
}
