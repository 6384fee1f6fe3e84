import { createPrivateKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, customFetch as joseFetch, importPKCS8, type JWTVerifyGetKey } from 'jose'
import * as openid from 'openid-client'
import { AppError } from '#server/platform/app-error.ts'
import type { Config } from '#server/platform/config.ts'
import { HttpError } from '#server/platform/http.ts'
import { fetchProvider } from './fetch-provider.ts'

/** The provider as discovered, and its keys, which are fetched again when a token names one that is not known yet. */
export interface Discovered {
  readonly configuration: openid.Configuration
  readonly keys: JWTVerifyGetKey
}

export interface RelyingParty {
  /**
   * Discovers at the first call, and again when that failed. What is an hour old is answered and discovered again beside;
   * where that fails, a minute later. Throws `provider_unavailable`.
   */
  discover(): Promise<Discovered>
}

/** Signatures that a provider may use; `none` and shared secrets are not among them. */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const freshMs = 3_600_000
const againMs = 60_000
export const providerDown =
  'The identity provider does not answer, so nobody can sign in just now. Try again in a minute.'

/** A relying party that starts while its provider is down: discovery happens when somebody signs in, once for all who wait. */
export function createRelyingParty(
  oidc: Config['oidc'],
  monotonic: () => number = () => performance.now(),
): RelyingParty {
  let known: { readonly value: Discovered; readonly at: number } | undefined
  let running: Promise<Discovered> | undefined

  async function refresh(): Promise<Discovered> {
    try {
      known = { value: await discoverProvider(oidc), at: monotonic() }
    } catch (error) {
      if (known === undefined) throw new AppError('provider_unavailable', providerDown, { cause: error })
      known = { ...known, at: monotonic() - freshMs + againMs }
    } finally {
      running = undefined
    }
    return known.value
  }

  return {
    async discover() {
      if (known !== undefined && monotonic() - known.at < freshMs) return known.value
      running ??= refresh()
      // Nobody waits for a provider that is slow today to say what it said an hour ago.
      return known?.value ?? running
    },
  }
}

async function discoverProvider(oidc: Config['oidc']): Promise<Discovered> {
  const issuer = new URL(oidc.issuer)
  const configuration = await openid.discovery(
    issuer,
    oidc.clientId,
    {
      [openid.clockTolerance]: oidc.clockSkewSeconds ?? 30,
      ...(oidc.clientSecret === undefined ? {} : { client_secret: oidc.clientSecret }),
    },
    await clientAuthentication(oidc),
    {
      [openid.customFetch]: fetchProvider,
      timeout: 10,
      execute: issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
    },
  )
  const { jwks_uri } = configuration.serverMetadata()
  if (jwks_uri === undefined) throw new Error('The provider publishes no jwks_uri.')
  const keys = createRemoteJWKSet(new URL(jwks_uri), {
    [joseFetch]: fetchProvider,
    timeoutDuration: 10_000,
    cooldownDuration: 1_000,
    cacheMaxAge: freshMs,
  })
  return { configuration, keys }
}

async function clientAuthentication(oidc: Config['oidc']): Promise<openid.ClientAuth> {
  if (oidc.clientKey !== undefined) {
    const key = createPrivateKey(oidc.clientKey)
    return openid.PrivateKeyJwt(
      await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithmOf(key)),
    )
  }
  if (oidc.clientSecret === undefined) return openid.None()
  return oidc.clientAuthentication === 'client_secret_basic'
    ? secretInHeader(oidc.clientSecret)
    : openid.ClientSecretPost()
}

/**
 * HTTP Basic with form encoding (RFC 6749 section 2.3.1). openid-client's own also encodes `-`, `.` and `_`, which need
 * it not: a provider that forgets to decode would refuse every client id that is a UUID.
 */
function secretInHeader(secret: string): openid.ClientAuth {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return (_server, client, _body, headers) => {
    const pair = `${encode(client.client_id)}:${encode(secret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  if (key.asymmetricKeyType !== 'ec') return 'RS256'
  const curve = key.asymmetricKeyDetails?.namedCurve
  return curve === 'secp384r1' ? 'ES384' : curve === 'secp521r1' ? 'ES512' : 'ES256'
}

/** Is it the provider's absence or slowness that an error tells, and not what it said? */
export function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (at instanceof HttpError || code === 'OAUTH_TIMEOUT' || code === 'ERR_JWKS_TIMEOUT') return true
  }
  return false
}
