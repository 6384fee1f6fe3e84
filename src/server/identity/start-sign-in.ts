import * as openid from 'openid-client'
import type { Deps } from '#server/platform/deps.ts'
import type { RelyingParty } from './relying-party.ts'
import { returnPath } from './return-path.ts'
import type { SignInState } from './sign-in-state.ts'

export interface SignInWish {
  readonly returnTo?: string | undefined
  /** Seconds; the provider asks again when its own sign-in is older. */
  readonly maxAge?: number | undefined
  readonly locale?: string | undefined
}

/** Begins a sign-in: where to send the browser, and what it must bring back. Throws `provider_unavailable`. */
export async function startSignIn(
  deps: Pick<Deps, 'config' | 'clock'>,
  relyingParty: RelyingParty,
  wish: SignInWish,
): Promise<{ readonly url: URL; readonly signIn: SignInState }> {
  const { configuration } = await relyingParty.discover()
  const signIn: SignInState = {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    codeVerifier: openid.randomPKCECodeVerifier(),
    returnTo: returnPath(wish.returnTo, deps.config.publicUrl),
    ...(wish.maxAge === undefined ? {} : { maxAge: wish.maxAge }),
    startedAt: deps.clock.now(),
  }
  const url = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: callbackUrl(deps.config.publicUrl),
    scope: deps.config.oidc.scope,
    state: signIn.state,
    nonce: signIn.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(signIn.codeVerifier),
    code_challenge_method: 'S256',
    ...(wish.maxAge === undefined ? {} : { max_age: String(wish.maxAge) }),
    ...(wish.locale === undefined ? {} : { ui_locales: wish.locale }),
  })
  return { url, signIn }
}

export function callbackUrl(publicUrl: string): string {
  return new URL('/auth/callback', publicUrl).href
}
