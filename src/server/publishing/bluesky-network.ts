import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  answerMessage,
  requestMessage,
  type HttpAnswer,
  type HttpClient,
  type HttpRequest,
} from '#server/platform/http.ts'
import {
  NetworkError,
  type Captured,
  type MediaReader,
  type Network,
  type NetworkAccount,
  type Published,
} from '#server/platform/network.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import { readRefusal, toNetworkError } from './bluesky-errors.ts'
import { parsePayload, renderPost, requestBody, stampPost, type BlueskyPayload } from './bluesky-record.ts'
import { blobCid } from './bluesky-record-key.ts'
import { BlueskySessions, serviceOf } from './bluesky-session.ts'
import { parseJson, toSilence } from './network-answers.ts'

/**
 * Bluesky, or any other PDS (atproto): the credential is an app password, `settings.service` the PDS. Repeatable,
 * because the record key is ours: `putRecord` with `swapRecord: null` makes the record, or finds the very same one,
 * or refuses.
 */
export function createBlueskyNetwork(options: { http: HttpClient }): Network {
  const { http } = options
  const sessions = new BlueskySessions(http)

  async function write(account: NetworkAccount, method: string, body: string) {
    const request: HttpRequest = {
      method: 'POST',
      url: xrpc(account, method),
      headers: { 'content-type': 'application/json' },
      body,
    }
    try {
      return await sessions.send(account, request)
    } catch (error) {
      throw toSilence('Bluesky', error, true)
    }
  }

  return {
    name: 'bluesky',
    repeatable: true,
    render: renderPost,
    stamp: stampPost,
    async publish(account, stampedPayload, media) {
      const payload = parsePayload(stampedPayload)
      await checkRepo(sessions, account, payload)
      await uploadMedia(sessions, account, payload, media)
      const { request, answer } = await write(account, 'com.atproto.repo.putRecord', requestBody(payload))
      if (answer.status !== 200) throw refusedWrite(answer)
      return toPublished(request, answer)
    },
    async find(account, stampedPayload) {
      const { input } = parsePayload(stampedPayload)
      const found = await fetchRecord(http, account, input.repo, input.collection, input.rkey)
      if (found !== undefined && !isDeepStrictEqual(found.value, input.record))
        throw otherRecord(found.captured.responseBytes)
      return found?.captured
    },
    async capture(account, remoteId) {
      const { repo, collection, rkey } = parseUri(remoteId)
      return (await fetchRecord(http, account, repo, collection, rkey))?.captured
    },
    async retract(account, remoteId) {
      const { request, answer } = await write(
        account,
        'com.atproto.repo.deleteRecord',
        canonicalJson({ ...parseUri(remoteId) }),
      )
      if (answer.status !== 200) throw toNetworkError(answer, true)
      return { requestBytes: requestMessage(request), responseBytes: answerMessage(answer) }
    },
    async connect(account) {
      const did = await sessions.signInAnew(account)
      return { remoteAccountId: did, settings: { ...account.settings, service: serviceOf(account) } }
    },
  }
}

function xrpc(account: NetworkAccount, method: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString()
  return `${serviceOf(account)}/xrpc/${method}${search === '' ? '' : `?${search}`}`
}

/** An approved payload goes to the repository that it names and to no other. */
async function checkRepo(sessions: BlueskySessions, account: NetworkAccount, payload: BlueskyPayload): Promise<void> {
  const did = await sessions.didOf(account)
  if (payload.input.repo === did || payload.input.repo === account.handle) return
  throw new NetworkError('rejected', 'The post was approved for another Bluesky account. Submit it again for this one.')
}

/** Files of the approved digests only; what the server calls them must be what the record calls them. */
async function uploadMedia(
  sessions: BlueskySessions,
  account: NetworkAccount,
  payload: BlueskyPayload,
  media: MediaReader,
): Promise<void> {
  for (const { mediaId, sha256, mimeType } of payload.media) {
    const body = await media(mediaId)
    if (createHash('sha256').update(body).digest('hex') !== sha256) {
      throw new NetworkError('rejected', 'The stored image is not the one that was approved.')
    }
    const url = xrpc(account, 'com.atproto.repo.uploadBlob')
    const { answer } = await sessions
      .send(account, { method: 'POST', url, headers: { 'content-type': mimeType }, body })
      .catch((error: unknown) => {
        throw toSilence('Bluesky', error, false)
      })
    if (answer.status !== 200) throw toNetworkError(answer, false)
    const blob = parseJson(answer)?.['blob'] as { ref?: { $link?: unknown } } | undefined
    if (blob?.ref?.$link !== blobCid(sha256))
      throw new NetworkError('rejected', 'Bluesky filed the image under another digest than it has.')
  }
}

function refusedWrite(answer: HttpAnswer): NetworkError {
  return readRefusal(answer).error === 'InvalidSwap' ? otherRecord(answerMessage(answer)) : toNetworkError(answer, true)
}

function otherRecord(responseBytes: Uint8Array): NetworkError {
  return new NetworkError(
    'rejected',
    'Bluesky holds another post under this key. Look at it there before you submit again.',
    { responseBytes },
  )
}

function toPublished(request: HttpRequest, answer: HttpAnswer): Published {
  const uri = parseJson(answer)?.['uri']
  if (typeof uri !== 'string') {
    throw new NetworkError('outcome_unknown', 'Bluesky accepted the post in a form that is not the protocol’s.', {
      responseBytes: answerMessage(answer),
    })
  }
  return {
    remoteId: uri,
    permalink: permalinkOf(uri),
    requestBytes: requestMessage(request),
    responseBytes: answerMessage(answer),
  }
}

/** Reads a record as anybody can; `undefined` when the server certainly does not hold it. */
async function fetchRecord(
  http: HttpClient,
  account: NetworkAccount,
  repo: string,
  collection: string,
  rkey: string,
): Promise<{ captured: Captured; value: JsonObject } | undefined> {
  const answer = await http({
    method: 'GET',
    url: xrpc(account, 'com.atproto.repo.getRecord', { repo, collection, rkey }),
  }).catch((error: unknown) => {
    throw toSilence('Bluesky', error, false)
  })
  if (answer.status === 400 && readRefusal(answer).error === 'RecordNotFound') return undefined
  if (answer.status !== 200) throw toNetworkError(answer, false)
  const { uri, value } = (parseJson(answer) ?? {}) as { uri?: string; value?: JsonObject }
  if (uri === undefined || value === undefined)
    throw new NetworkError('retry_later', 'Bluesky answered a read in a form that is not the protocol’s.')
  return {
    captured: {
      remoteId: uri,
      permalink: permalinkOf(uri),
      text: typeof value['text'] === 'string' ? value['text'] : '',
      responseBytes: answerMessage(answer),
    },
    value,
  }
}

function parseUri(uri: string): { repo: string; collection: string; rkey: string } {
  const [, repo, collection, rkey] = /^at:\/\/([^/?#]+)\/([^/?#]+)\/([^/?#]+)$/.exec(uri) ?? []
  if (repo === undefined || collection === undefined || rkey === undefined)
    throw new NetworkError('rejected', 'This is not the address of a Bluesky post.')
  return { repo, collection, rkey }
}

function permalinkOf(uri: string): string {
  const { repo, rkey } = parseUri(uri)
  return `https://bsky.app/profile/${repo}/post/${rkey}`
}
