import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { answerMessage, requestMessage, type HttpClient } from '#server/platform/http.ts'
import {
  NetworkError,
  type Captured,
  type MediaReader,
  type Network,
  type NetworkAccount,
} from '#server/platform/network.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { callServer, mediaForm, requireSuccess, serverOf } from './mastodon-client.ts'
import { parseStatus, renderStatus, stampStatus, type MastodonPayload } from './mastodon-payload.ts'
import { saysTheSame, textOfStatus } from './mastodon-text.ts'
import { parseJson } from './network-answers.ts'

/** Clocks of servers differ; a status this much older than its release may still be it. */
const skewMilliseconds = 300_000
/** An image is ready at once, a film after minutes: half a second at first, five at last, five minutes in all. */
const mediaTries = 65
const pageSize = 40
const pagesAtMost = 10

/**
 * Mastodon, and servers that speak its API: the credential is an access token, `settings.server` the server. Not
 * repeatable: the idempotency key holds for an hour, and some servers ignore it, so an outcome that was not seen is read
 * back among the account's own statuses.
 */
export function createMastodonNetwork(options: { http: HttpClient }): Network {
  const { http } = options
  return {
    name: 'mastodon',
    repeatable: false,
    render: renderStatus,
    stamp: stampStatus,
    async publish(account, stampedPayload, media) {
      const payload = parseStatus(stampedPayload)
      const mediaIds = await uploadMedia(http, account, payload, media)
      const body = canonicalJson(mediaIds.length === 0 ? payload.input : { ...payload.input, media_ids: mediaIds })
      const headers = { 'content-type': 'application/json', 'idempotency-key': payload.key }
      const { request, answer } = await callServer(
        http,
        account,
        { method: 'POST', path: '/api/v1/statuses', headers, body },
        true,
      )
      const status = requireSuccess(answer, true)
      const { remoteId, permalink } = addressOf(status)
      return { remoteId, permalink, requestBytes: requestMessage(request), responseBytes: answerMessage(answer) }
    },
    find: (account, stampedPayload) => findStatus(http, account, parseStatus(stampedPayload)),
    async capture(account, remoteId) {
      const { answer } = await callServer(http, account, { method: 'GET', path: statusPath(remoteId) }, false)
      if (answer.status === 404 || answer.status === 410) return undefined
      return toCaptured(http, account, requireSuccess(answer, false), answerMessage(answer))
    },
    async retract(account, remoteId) {
      const path = statusPath(remoteId)
      const { request, answer } = await callServer(http, account, { method: 'DELETE', path }, true)
      if (answer.status === 404 || answer.status === 410) await requireGone(http, account, remoteId)
      else if (answer.status < 200 || answer.status > 299) requireSuccess(answer, true)
      return { requestBytes: requestMessage(request), responseBytes: answerMessage(answer) }
    },
    async connect(account) {
      const { answer } = await callServer(
        http,
        account,
        { method: 'GET', path: '/api/v1/accounts/verify_credentials' },
        false,
      )
      // Some servers answer a bad token as a bad request; nothing else can be wrong with this one.
      if (answer.status === 400 || answer.status === 422) {
        const responseBytes = answerMessage(answer)
        throw new NetworkError('reauthorise', 'Mastodon did not accept the access token.', { responseBytes })
      }
      const { id } = requireSuccess(answer, false)
      if (typeof id !== 'string')
        throw new NetworkError('rejected', 'The server does not say which account this token belongs to.')
      return {
        remoteAccountId: id,
        settings: { ...account.settings, server: serverOf(account), ...(await readLimits(http, account)) },
      }
    },
  }
}

function addressOf(status: Readonly<Record<string, unknown>>): { remoteId: string; permalink: string } {
  const { id, url, uri } = status
  const permalink = typeof url === 'string' ? url : uri
  if (typeof id === 'string' && typeof permalink === 'string') return { remoteId: id, permalink }
  throw new NetworkError('outcome_unknown', 'Mastodon accepted the post in a form that is not the protocol’s.')
}

function statusPath(id: string): string {
  return `/api/v1/statuses/${encodeURIComponent(id)}`
}

/** "Not found" of a deletion may mean that the server knows no deletion: only what cannot be read any more is gone. */
async function requireGone(http: HttpClient, account: NetworkAccount, id: string): Promise<void> {
  const { answer } = await callServer(http, account, { method: 'GET', path: statusPath(id) }, false)
  if (answer.status === 404 || answer.status === 410) return
  requireSuccess(answer, false)
  throw new NetworkError(
    'rejected',
    'This server does not delete posts for other programs. Delete the post there by hand.',
  )
}

/** Files of the approved digests only. A server that still works on one answers 206 until it is done. */
async function uploadMedia(
  http: HttpClient,
  account: NetworkAccount,
  payload: MastodonPayload,
  media: MediaReader,
): Promise<string[]> {
  const ids: string[] = []
  for (const { mediaId, sha256, mimeType, altText } of payload.media) {
    const bytes = await media(mediaId)
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new NetworkError('rejected', 'The stored image is not the one that was approved.')
    }
    const { contentType, body } = mediaForm(bytes, mimeType, altText)
    const upload = { method: 'POST', path: '/api/v2/media', headers: { 'content-type': contentType }, body } as const
    const { answer } = await callServer(http, account, upload, false)
    const { id } = requireSuccess(answer, false)
    if (typeof id !== 'string')
      throw new NetworkError('retry_later', 'Mastodon took the image in a form that is not the protocol’s.')
    if (answer.status === 202) await waitForMedia(http, account, id)
    ids.push(id)
  }
  return ids
}

async function waitForMedia(http: HttpClient, account: NetworkAccount, id: string): Promise<void> {
  for (let tries = 0; tries < mediaTries; tries++) {
    const { answer } = await callServer(
      http,
      account,
      { method: 'GET', path: `/api/v1/media/${encodeURIComponent(id)}` },
      false,
    )
    if (answer.status === 200) return
    if (answer.status !== 206) requireSuccess(answer, false)
    await wait(Math.min(500 * (tries + 1), 5_000))
  }
  throw new NetworkError('retry_later', 'Mastodon did not finish with the image in time.')
}

/** Looks through the account's own statuses since the release; answers nothing only when all of them were seen. */
async function findStatus(
  http: HttpClient,
  account: NetworkAccount,
  payload: MastodonPayload,
): Promise<Captured | undefined> {
  const since = Date.parse(payload.releasedAt ?? '') - skewMilliseconds
  let before = ''
  for (let page = 0; page < pagesAtMost; page++) {
    const statuses = await readOwnStatuses(http, account, before)
    for (const status of statuses) {
      if (Date.parse(String(status['created_at'])) < since) return undefined
      if (!saysTheSame(shownText(status), payload.input.status)) continue
      return toCaptured(http, account, status, Buffer.from(JSON.stringify(status)))
    }
    const last = statuses.at(-1)
    if (last === undefined || statuses.length < pageSize) return undefined
    before = `&max_id=${encodeURIComponent(String(last['id']))}`
  }
  throw new NetworkError('retry_later', 'The account has too many new statuses to tell whether the post is among them.')
}

async function readOwnStatuses(
  http: HttpClient,
  account: NetworkAccount,
  before: string,
): Promise<Record<string, unknown>[]> {
  const path = `/api/v1/accounts/${encodeURIComponent(account.remoteAccountId ?? '')}/statuses?limit=${pageSize}&exclude_reblogs=true${before}`
  const { answer } = await callServer(http, account, { method: 'GET', path }, false)
  const list: unknown = requireSuccess(answer, false)
  if (!Array.isArray(list))
    throw new NetworkError('retry_later', 'Mastodon answered a list in a form that is not the protocol’s.')
  return list as Record<string, unknown>[]
}

/** The text as it was written where the server tells it, else as its HTML shows it. */
async function toCaptured(
  http: HttpClient,
  account: NetworkAccount,
  status: Readonly<Record<string, unknown>>,
  responseBytes: Uint8Array,
): Promise<Captured> {
  const address = addressOf(status)
  const told = typeof status['text'] === 'string' ? undefined : await readSource(http, account, address.remoteId)
  return { ...address, text: told ?? shownText(status), responseBytes }
}

function shownText({ text, content }: Readonly<Record<string, unknown>>): string {
  if (typeof text === 'string') return text
  return typeof content === 'string' ? textOfStatus(content) : ''
}

async function readSource(http: HttpClient, account: NetworkAccount, id: string): Promise<string | undefined> {
  const { answer } = await callServer(http, account, { method: 'GET', path: `${statusPath(id)}/source` }, false)
  const text = answer.status === 200 ? parseJson(answer)?.['text'] : undefined
  return typeof text === 'string' ? text : undefined
}

/** What the server announces: the newer address first, then the one that older servers know. */
async function readLimits(
  http: HttpClient,
  account: NetworkAccount,
): Promise<{ maxCharacters?: number; urlLength?: number }> {
  for (const path of ['/api/v2/instance', '/api/v1/instance']) {
    const { answer } = await callServer(http, account, { method: 'GET', path }, false)
    const instance = answer.status === 200 ? (parseJson(answer) as Instance | undefined) : undefined
    const statuses = instance?.configuration?.statuses
    const maxCharacters = statuses?.max_characters ?? instance?.max_toot_chars
    const urlLength = statuses?.characters_reserved_per_url
    if (typeof maxCharacters === 'number')
      return { maxCharacters, ...(typeof urlLength === 'number' ? { urlLength } : {}) }
  }
  return {}
}

interface Instance {
  readonly configuration?: {
    readonly statuses?: { readonly max_characters?: unknown; readonly characters_reserved_per_url?: unknown }
  }
  readonly max_toot_chars?: unknown
}
