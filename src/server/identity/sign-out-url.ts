import * as openid from 'openid-client'
import type { Deps } from '#server/platform/deps.ts'
import { findIdToken } from './queries.ts'
import type { RelyingParty } from './relying-party.ts'

/** Where the browser signs out at the provider (RP-initiated logout); our own front page where the provider has none or is down. */
export async function signOutUrl(
  deps: Pick<Deps, 'db' | 'config' | 'secretBox' | 'log'>,
  relyingParty: RelyingParty,
  sessionId: string,
): Promise<string> {
  const home = new URL('/', deps.config.publicUrl).href
  try {
    const { configuration } = await relyingParty.discover()
    if (configuration.serverMetadata().end_session_endpoint === undefined) return home
    const sealed = await findIdToken(deps.db, sessionId)
    const hint =
      sealed === undefined ? undefined : deps.secretBox.open(Buffer.from(sealed, 'base64'), `session ${sessionId}`)
    return openid.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: home,
      ...(hint === undefined ? {} : { id_token_hint: hint }),
    }).href
  } catch (error) {
    deps.log.warn({ err: error }, 'the provider was not asked to sign out too')
    return home
  }
}
