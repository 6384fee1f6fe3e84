import type { JWTHeaderParameters, JWTPayload } from 'jose'

/** What an ID or a logout token says and an access token does not. */
const ofOthers = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']
/** For what, or to whom, an access token was given: RFC 9068, Keycloak, Entra ID, Okta, AD FS. No ID token of theirs says it. */
const ofAccess = ['scope', 'scp', 'client_id', 'cid', 'appid', 'azpacr']

/**
 * Throws unless a proven token is an access token. A provider signs ID, access and logout tokens by the same keys, so
 * their type must keep them apart (RFC 8725 section 3.11): `at+jwt` in the header (RFC 9068), and no other type. Entra
 * ID, Okta and Keycloak as it comes write `JWT` or nothing: there the claims must say it, unless `isTyped` is asked for.
 */
export function requireAccessToken(header: JWTHeaderParameters, payload: JWTPayload, isTyped: boolean): void {
  const type = header.typ?.toLowerCase().replace(/^application\//, '')
  if (type === 'at+jwt') return
  if (isTyped || (type !== undefined && type !== 'jwt')) throw new Error(`a token of type ${type ?? 'none'}`)
  const foreign = ofOthers.find((claim) => payload[claim] !== undefined)
  if (foreign !== undefined) throw new Error(`no access token has the claim ${foreign}`)
  // Keycloak names its tokens by a claim: ID, Refresh, Logout, Bearer.
  const kind = payload['typ'] ?? 'Bearer'
  if (kind !== 'Bearer') throw new Error('a token of another kind')
  if (!ofAccess.some((claim) => payload[claim] !== undefined))
    throw new Error(`an access token has one of ${ofAccess.join(', ')}`)
}
