import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTPayload } from 'jose'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'

/** What the provider is made to say instead of its ID token. */
export type Lie = (claims: JWTPayload, header: { kid: string; alg: string }) => Promise<string> | string

export interface LyingProvider {
  readonly issuer: string
  /** The provider's own signing key. */
  readonly key: KeyObject
  readonly kid: string
  /** Changes the ID tokens from now on; `undefined` tells the truth again. */
  lie(lie: Lie | undefined): void
  /** Publishes other keys from now on. */
  rotate(jwks: object): void
  /** Answers this instead at a path, whatever was asked; at `/token`, beside what is answered anyway. */
  says(path: string, body: object): void
  /** Answers 503 at a path, as a proxy does whose provider is down. */
  fails(path: string): void
}

export const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

export function sign(
  claims: JWTPayload,
  key: KeyObject,
  header: { kid: string; alg?: string; typ?: string },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(key)
}

/** The real provider, whose ID tokens a test replaces on their way out of the token endpoint. */
export async function startLyingProvider(
  t: TestContext,
  clients: readonly Readonly<Record<string, unknown>>[] = [],
): Promise<LyingProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'provider-'))
  const running = await startOpenIdProvider({
    port: 0,
    publicUrl,
    ...providerClient,
    dataDirectory: folder,
    clients,
  })
  const state = JSON.parse(await readFile(join(folder, 'openid-provider.json'), 'utf8'))
  const { issuer, provider } = running
  let lie: Lie | undefined
  const said = new Map<string, object>()
  const failing = new Set<string>()
  provider.use(async (context, next) => {
    if (failing.has(context.path)) {
      context.status = 503
      context.body = 'no healthy upstream'
      return
    }
    const instead = said.get(context.path)
    if (instead === undefined || context.path === '/token') await next()
    if (instead !== undefined) {
      context.status = 200
      context.body = context.path === '/token' ? { ...(context.body as object), ...instead } : instead
    }
    const body = context.body as { id_token?: string } | undefined
    if (context.path !== '/token' || lie === undefined || typeof body?.id_token !== 'string') return
    const { kid = '', alg = '' } = decodeProtectedHeader(body.id_token)
    context.body = { ...body, id_token: await lie(decodeJwt(body.id_token), { kid, alg }) }
  })
  t.after(async () => {
    await running.close()
    await rm(folder, { recursive: true })
  })
  const jwk = state.jwks.keys[0]
  return {
    issuer,
    key: createPrivateKey({ key: jwk, format: 'jwk' }),
    kid: jwk.kid,
    lie: (next) => {
      lie = next
    },
    rotate: (jwks) => void said.set('/jwks', jwks),
    says: (path, body) => void said.set(path, body),
    fails: (path) => void failing.add(path),
  }
}
