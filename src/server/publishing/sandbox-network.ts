import { createHash } from 'node:crypto'
import { AppError } from '#server/platform/app-error.ts'
import {
  NetworkError,
  type Captured,
  type Network,
  type NetworkAccount,
  type RenderInput,
} from '#server/platform/network.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import { fitNetwork } from '#shared/network-limits.ts'
import { refuseMedia } from './refuse-media.ts'
import { SandboxStore } from './sandbox-store.ts'

/** A credential that the sandbox refuses, so that a revoked one can be tried out. Every other one is good. */
export const revokedCredential = 'revoked'

/**
 * The built-in network of the evaluation set-up: posts are files in a folder of its own and appear on a public page.
 * It is repeatable, because a post's id comes from its publication key and a file is written once.
 */
export function createSandboxNetwork(options: { directory: string; publicUrl: string }): Network {
  const store = new SandboxStore(options.directory)
  const permalinkOf = (id: string) => `${options.publicUrl.replace(/\/$/, '')}/sandbox/posts/${id}`
  const toCaptured = (id: string, payload: string): Captured => ({
    remoteId: id,
    permalink: permalinkOf(id),
    text: [parse(payload).text, ...(parse(payload).thread ?? [])].join('\n\n'),
    responseBytes: Buffer.from(payload),
  })

  return {
    name: 'sandbox',
    repeatable: true,
    takesThreads: true,
    takesFormats: true,
    render: renderPayload,
    stamp(payload, releasedAt) {
      return canonicalJson({ ...(JSON.parse(payload) as JsonObject), publishedAt: releasedAt })
    },
    async publish(account, stampedPayload, media) {
      checkCredential(account)
      const id = idOf(stampedPayload)
      for (const { mediaId, sha256 } of parse(stampedPayload).media) {
        const bytes = await media(mediaId)
        if (createHash('sha256').update(bytes).digest('hex') !== sha256)
          throw new NetworkError('rejected', 'The stored image is not the one that was approved.')
        await store.putMedia(sha256, bytes)
      }
      checkSame(await store.put(id, stampedPayload), stampedPayload)
      const answer = { id, permalink: permalinkOf(id) }
      return {
        remoteId: id,
        permalink: answer.permalink,
        requestBytes: Buffer.from(stampedPayload),
        responseBytes: Buffer.from(canonicalJson(answer)),
      }
    },
    async find(account, stampedPayload) {
      checkCredential(account)
      const id = idOf(stampedPayload)
      const found = await store.read(id)
      if (found === undefined) return undefined
      checkSame(found, stampedPayload)
      return toCaptured(id, found)
    },
    async capture(_account, remoteId) {
      const found = await store.read(remoteId)
      return found === undefined ? undefined : toCaptured(remoteId, found)
    },
    async retract(account, remoteId) {
      checkCredential(account)
      await store.remove(remoteId)
      return {
        requestBytes: Buffer.from(canonicalJson({ delete: remoteId })),
        responseBytes: Buffer.from('{"deleted":true}'),
      }
    },
    async connect(account) {
      checkCredential(account)
      return { remoteAccountId: `sandbox:${account.handle}`, settings: { ...account.settings } }
    },
  }
}

function renderPayload(input: RenderInput, account: Pick<NetworkAccount, 'handle' | 'settings'>): string {
  const items = [input.text, ...(input.thread ?? [])]
  const fit = items.map((item) => fitNetwork('sandbox', item)).find(({ fits }) => !fits)
  if (fit !== undefined)
    throw new AppError('unprocessable', `Sandbox takes ${fit.limit} characters, this post has ${fit.length}.`)
  if (input.text.trim() === '' && input.media.length === 0) {
    throw new AppError('unprocessable', 'An empty post cannot be published: write a text or add an image.')
  }
  refuseMedia('sandbox', 'Sandbox', input.media)
  const displayName = account.settings['displayName']
  return canonicalJson({
    handle: account.handle,
    displayName: typeof displayName === 'string' ? displayName : undefined,
    key: input.publicationKey,
    text: input.text,
    thread: input.thread,
    format: input.format,
    language: input.language,
    links: input.links.map(({ url, text }) => ({ url, text })),
    media: input.media.map(({ mediaId, sha256, mimeType, size, altText }) => ({
      mediaId,
      sha256,
      mimeType,
      size,
      altText,
    })),
  })
}

interface Payload {
  readonly handle: string
  readonly key: string
  readonly text: string
  readonly thread?: readonly string[]
  readonly media: readonly { readonly mediaId: string; readonly sha256: string }[]
}

function parse(payload: string): Payload {
  return JSON.parse(payload) as Payload
}

/** The same publication has the same id at every attempt, and no other publication has it. */
function idOf(payload: string): string {
  const { handle, key } = parse(payload)
  return createHash('sha256').update(`${handle}\n${key}`).digest('hex').slice(0, 20)
}

function checkCredential(account: NetworkAccount): void {
  if (account.credential !== revokedCredential && account.credential !== '') return
  throw new NetworkError('reauthorise', 'Sandbox refused the credential. Connect the profile again.')
}

function checkSame(standing: string, payload: string): void {
  if (standing !== payload) throw new NetworkError('rejected', 'Sandbox holds another post under this key.')
}
