import { jwtVerify } from 'jose'
import type { Deps } from '#server/platform/deps.ts'
import { createHttpClient, HttpError } from '#server/platform/http.ts'
import { signatureAlgorithms, type Discovered } from './relying-party.ts'

type Claims = Readonly<Record<string, unknown>>
type Parts = Pick<Deps, 'config' | 'clock'>

const limits = { timeoutMs: 10_000, maxBytes: 2_000_000 }

/**
 * A claim that the provider keeps elsewhere because it does not fit into the token (OpenID Connect Core 5.6.2): a signed
 * token beside it (aggregated), or an endpoint with an access token that answers one (distributed). Only what the
 * provider's own keys signed is believed. A source that the standard does not let us ask, as Entra's address in
 * Microsoft Graph without any token, or that proves nothing, answers `undefined`. Throws `HttpError` when the source is
 * down: then nobody knows the groups, and the sign-in is tried again rather than finished without roles.
 */
export async function followClaimSource(
  deps: Parts,
  discovered: Discovered,
  claims: Claims,
  claim: string,
): Promise<Claims | undefined> {
  const source = sourceOf(claims, claim)
  if (source === undefined) return undefined
  const token = typeof source['JWT'] === 'string' ? source['JWT'] : await askEndpoint(deps, discovered, source)
  const proven = token === undefined ? undefined : await prove(deps, discovered, token, claims['sub'])
  return proven !== undefined && claim in proven ? { [claim]: proven[claim] } : undefined
}

function sourceOf(claims: Claims, claim: string): Claims | undefined {
  const [names, sources] = [claims['_claim_names'], claims['_claim_sources']]
  const name = isObject(names) && Object.hasOwn(names, claim) ? names[claim] : undefined
  if (typeof name !== 'string' || !isObject(sources) || !Object.hasOwn(sources, name)) return undefined
  const source = sources[name]
  return isObject(source) ? source : undefined
}

/** The endpoint is a claim, not the operator's word: unless it stands where the provider stands, private networks are closed to it. */
async function askEndpoint(deps: Parts, { configuration }: Discovered, source: Claims): Promise<string | undefined> {
  const { endpoint, access_token: accessToken } = source
  if (typeof endpoint !== 'string' || typeof accessToken !== 'string' || !URL.canParse(endpoint)) return undefined
  const athome = new URL(endpoint).origin === new URL(configuration.serverMetadata().issuer).origin
  const send = createHttpClient({ allowPrivateAddresses: athome || deps.config.allowPrivateAddresses })
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/jwt' }
  const answer = await send({ method: 'GET', url: endpoint, headers, ...limits }).catch(notOurs)
  if (answer !== undefined && answer.status >= 500)
    throw new HttpError('unreachable', 'The claims source is down.', { mayHaveArrived: true })
  return answer?.status === 200 ? Buffer.from(answer.bytes).toString().trim() : undefined
}

/** An address that may not be called is the same tomorrow; a source that does not answer is not. */
function notOurs(error: unknown): undefined {
  if (error instanceof HttpError && ['bad_url', 'refused_address', 'too_large'].includes(error.failure))
    return undefined
  throw error
}

async function prove(
  deps: Parts,
  { configuration, keys }: Discovered,
  token: string,
  subject: unknown,
): Promise<Claims | undefined> {
  const { issuer } = configuration.serverMetadata()
  const clockTolerance = deps.config.oidc.clockSkewSeconds ?? 30
  const options = { algorithms: signatureAlgorithms, issuer, clockTolerance }
  const payload = (await jwtVerify(token, keys, options).catch(unproven))?.payload
  // `sub` may be absent; where it is said it must be the person who is signing in.
  return payload === undefined || (payload.sub !== undefined && payload.sub !== subject) ? undefined : payload
}

function unproven(error: unknown): undefined {
  if (error instanceof HttpError || (error as { code?: unknown }).code === 'ERR_JWKS_TIMEOUT') throw error
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
