import { jwtVerify, type JWTPayload } from 'jose'
import { systemActor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { endSessionIn } from './end-session.ts'
import { findSessionsToEnd } from './queries.ts'
import { issuerName } from './read-claims.ts'
import { signatureAlgorithms, type RelyingParty } from './relying-party.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
/** A logout token without `exp`, which providers in the field send, is taken for this long after it was issued. */
const freshSeconds = 600

/**
 * Ends the sessions that a provider's logout token names (OpenID Connect Back-Channel Logout 1.0): those of its `sid`,
 * or all of its `sub`. What began after the token was issued stays, so that one sent again ends nobody's new session. Lenient where providers differ: `typ` may be `JWT` or absent, `exp` and `jti` may be missing.
 * Throws `invalid_request` for a token that proves nothing.
 */
export async function endByProvider(
  deps: Pick<Deps, 'db' | 'clock' | 'config'>,
  relyingParty: RelyingParty,
  logoutToken: string,
): Promise<number> {
  const claims = await proveLogoutToken(deps, relyingParty, logoutToken)
  const named = {
    issuer: issuerName(deps.config),
    subject: claims.sub,
    sid: typeof claims['sid'] === 'string' ? claims['sid'] : undefined,
    begunBy: new Date(((claims.iat ?? 0) + skewOf(deps)) * 1000).toISOString(),
  }
  return inTransaction(deps.db, async (tx) => {
    const sessions = await findSessionsToEnd(tx, named)
    for (const session of sessions) await endSessionIn(tx, systemActor, session.id, 'provider_logout', deps.clock.now())
    return sessions.length
  })
}

async function proveLogoutToken(
  deps: Pick<Deps, 'config'>,
  relyingParty: RelyingParty,
  token: string,
): Promise<JWTPayload> {
  const { configuration, keys } = await relyingParty.discover()
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: signatureAlgorithms,
      issuer: configuration.serverMetadata().issuer,
      audience: deps.config.oidc.clientId,
      clockTolerance: skewOf(deps),
      maxTokenAge: freshSeconds,
    })
    const events = payload['events']
    const isLogout = typeof events === 'object' && events !== null && event in events
    // A nonce marks an ID token, which must not end anybody's session.
    if (!isLogout || payload['nonce'] !== undefined) throw new Error('not a logout token')
    if (payload.sub === undefined && typeof payload['sid'] !== 'string') throw new Error('names neither sub nor sid')
    return payload
  } catch (error) {
    throw new AppError('invalid_request', 'This is not a valid logout token.', { cause: error })
  }
}

function skewOf({ config }: Pick<Deps, 'config'>): number {
  return config.oidc.clockSkewSeconds ?? 30
}
