import { createHash } from 'node:crypto'
import type { HttpAnswer, HttpClient, HttpRequest } from '#server/platform/http.ts'
import { NetworkError, type NetworkAccount } from '#server/platform/network.ts'
import { isSpentToken, readRefusal, toNetworkError } from './bluesky-errors.ts'
import { parseJson, toSilence } from './network-answers.ts'

export const defaultService = 'https://bsky.social'

interface Session {
  readonly did: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** The server that holds the account: `settings.service`, or Bluesky's own. */
export function serviceOf(account: Pick<NetworkAccount, 'settings'>): string {
  const service = account.settings['service'] ?? defaultService
  if (typeof service === 'string' && URL.canParse(service)) return new URL(service).origin
  throw new NetworkError(
    'rejected',
    'The setting “service” must be the web address of a PDS, such as https://bsky.social.',
  )
}

/**
 * Sessions of accounts, kept in memory because a PDS allows 30 sign-ins in five minutes and 300 a day. One sign-in or
 * refresh an account at a time; a changed credential is another session.
 */
export class BlueskySessions {
  readonly #http: HttpClient
  readonly #sessions = new Map<string, Promise<Session>>()

  constructor(http: HttpClient) {
    this.#http = http
  }

  /** Signs in if need be and answers the account's DID; it must be the account that was connected. */
  async didOf(account: NetworkAccount): Promise<string> {
    return (await this.#sessionOf(account)).did
  }

  /** Signs in anew whatever is kept: the credential itself is put to the test. */
  async signInAnew(account: NetworkAccount): Promise<string> {
    this.#sessions.delete(keyOf(account))
    return this.didOf(account)
  }

  /** Sends an authorised request, renewing the session once when the access token is spent. Answers what was sent too. */
  async send(account: NetworkAccount, request: HttpRequest): Promise<{ request: HttpRequest; answer: HttpAnswer }> {
    const session = await this.#sessionOf(account)
    const first = await this.#authorised(session, request)
    if (!isSpentToken(first.answer)) return first
    return this.#authorised(await this.#renewed(account, session), request)
  }

  async #authorised(session: Session, request: HttpRequest): Promise<{ request: HttpRequest; answer: HttpAnswer }> {
    const authorised = { ...request, headers: { ...request.headers, authorization: `Bearer ${session.accessToken}` } }
    return { request: authorised, answer: await this.#http(authorised) }
  }

  #sessionOf(account: NetworkAccount): Promise<Session> {
    return this.#sessions.get(keyOf(account)) ?? this.#keep(account, this.#signIn(account))
  }

  async #renewed(account: NetworkAccount, spent: Session): Promise<Session> {
    const kept = this.#sessions.get(keyOf(account))
    const current = await kept?.catch(() => undefined)
    // Somebody else renewed it while this request was under way.
    if (current !== undefined && current.accessToken !== spent.accessToken) return current
    if (kept !== this.#sessions.get(keyOf(account))) return this.#sessionOf(account)
    return this.#keep(account, this.#refresh(account, spent))
  }

  #keep(account: NetworkAccount, coming: Promise<Session>): Promise<Session> {
    const key = keyOf(account)
    this.#sessions.set(key, coming)
    coming.catch(() => {
      if (this.#sessions.get(key) === coming) this.#sessions.delete(key)
    })
    return coming
  }

  async #refresh(account: NetworkAccount, spent: Session): Promise<Session> {
    const answer = await this.#call(account, 'refreshSession', {
      headers: { authorization: `Bearer ${spent.refreshToken}` },
    })
    return answer.status === 200 ? readSession(answer, account) : this.#signIn(account)
  }

  async #signIn(account: NetworkAccount): Promise<Session> {
    const body = JSON.stringify({ identifier: account.remoteAccountId ?? account.handle, password: account.credential })
    const answer = await this.#call(account, 'createSession', { headers: { 'content-type': 'application/json' }, body })
    if (answer.status === 200) return readSession(answer, account)
    if (answer.status === 400 && readRefusal(answer).error === 'InvalidRequest') {
      throw new NetworkError(
        'reauthorise',
        'Bluesky did not accept the account or its app password. Connect the profile again.',
      )
    }
    throw toNetworkError(answer, false)
  }

  async #call(
    account: NetworkAccount,
    method: string,
    rest: Pick<HttpRequest, 'headers' | 'body'>,
  ): Promise<HttpAnswer> {
    try {
      return await this.#http({
        method: 'POST',
        url: `${serviceOf(account)}/xrpc/com.atproto.server.${method}`,
        ...rest,
      })
    } catch (error) {
      throw toSilence('Bluesky', error, false)
    }
  }
}

/** A digest, so that no credential stands in memory as a key. */
function keyOf(account: NetworkAccount): string {
  const parts = [serviceOf(account), account.remoteAccountId ?? account.handle, account.credential]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64')
}

function readSession(answer: HttpAnswer, account: NetworkAccount): Session {
  const { did, accessJwt, refreshJwt } = parseJson(answer) ?? {}
  if (typeof did !== 'string' || typeof accessJwt !== 'string' || typeof refreshJwt !== 'string') {
    throw new NetworkError('retry_later', 'Bluesky answered a sign-in in a form that is not the protocol’s.')
  }
  if (account.remoteAccountId !== undefined && account.remoteAccountId !== did) {
    throw new NetworkError(
      'reauthorise',
      'This app password belongs to another Bluesky account. Connect the profile again.',
    )
  }
  return { did, accessToken: accessJwt, refreshToken: refreshJwt }
}
