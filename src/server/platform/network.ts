import type { Instant } from './clock.ts'

/** What a publication is rendered from: exactly what was approved. */
export interface RenderInput {
  readonly publicationKey: string
  readonly text: string
  /** The items of a thread after the first; given only to a network that takes threads. */
  readonly thread?: readonly string[] | undefined
  /** Given only where it is not an ordinary post, to a network that takes formats. */
  readonly format?: string | undefined
  readonly language?: string | undefined
  readonly links: readonly { readonly url: string; readonly text?: string | undefined }[]
  /** `size` in bytes: networks whose payload names the file by digest and size are rendered whole before approval. */
  readonly media: readonly {
    readonly mediaId: string
    readonly sha256: string
    readonly mimeType: string
    readonly size: number
    readonly altText?: string | undefined
  }[]
}

/** A profile as its network needs it; `credential` is the opened secret. */
export interface NetworkAccount {
  readonly profileId: string
  readonly handle: string
  readonly remoteAccountId?: string | undefined
  readonly settings: Readonly<Record<string, unknown>>
  readonly credential: string
}

/** Where the post stands at the network, with the exact bytes of the exchange for the archive. */
export interface Published {
  readonly remoteId: string
  readonly permalink: string
  readonly requestBytes: Uint8Array
  readonly responseBytes: Uint8Array
}

/** The live copy as the world sees it. */
export interface Captured {
  readonly remoteId: string
  readonly permalink: string
  readonly text: string
  readonly responseBytes: Uint8Array
}

export type NextStep = 'retry_later' | 'reauthorise' | 'rejected' | 'duplicate' | 'outcome_unknown'

/** A network's refusal or silence, with what to do next. Never carries a credential. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly nextStep: NextStep
  readonly retryAt: Instant | undefined
  readonly responseBytes: Uint8Array | undefined

  constructor(
    nextStep: NextStep,
    message: string,
    options: { cause?: unknown; retryAt?: Instant | undefined; responseBytes?: Uint8Array | undefined } = {},
  ) {
    super(message, { cause: options.cause })
    this.nextStep = nextStep
    this.retryAt = options.retryAt
    this.responseBytes = options.responseBytes
  }
}

/**
 * One network's adapter. The caller retries, never the adapter; each method is one exchange.
 * Nothing here is called inside a database transaction.
 */
export interface Network {
  readonly name: string
  /** True when publishing the same payload again cannot make a second post (an upsert or a key of ours). */
  readonly repeatable: boolean
  /** True when the adapter publishes a thread whole. */
  readonly takesThreads?: true
  /** True when the adapter publishes other formats than the ordinary post. */
  readonly takesFormats?: true
  /**
   * The payload that will be sent, as canonical JSON text, from the approved content alone: pure, no network.
   * Its SHA-256 is part of the content hash. Throws `AppError('unprocessable')` when the content cannot be rendered.
   */
  render(
    input: RenderInput,
    account: Pick<NetworkAccount, 'profileId' | 'handle' | 'remoteAccountId' | 'settings'>,
  ): string
  /** Stamps the release instant into an approved payload: pure. The answer is what `publish` sends, byte for byte, at every attempt. */
  stamp(payload: string, releasedAt: Instant): string
  /**
   * Sends a stamped payload. Durable at the network on return. `NetworkError.nextStep` says what the caller does:
   * `outcome_unknown` when the request may have arrived.
   */
  publish(account: NetworkAccount, stampedPayload: string, media: MediaReader): Promise<Published>
  /** Looks for a payload that may have been published; `undefined` when the network certainly does not hold it. */
  find(account: NetworkAccount, stampedPayload: string): Promise<Captured | undefined>
  /** Fetches the live copy; `undefined` when it is gone. */
  capture(account: NetworkAccount, remoteId: string): Promise<Captured | undefined>
  /** Deletes the post at the network; a post already gone is success. */
  retract(account: NetworkAccount, remoteId: string): Promise<{ requestBytes: Uint8Array; responseBytes: Uint8Array }>
  /** Checks a credential and answers the account's stable id at the network. */
  connect(account: NetworkAccount): Promise<{ remoteAccountId: string; settings: Record<string, unknown> }>
}

/** Reads approved media by id. */
export type MediaReader = (mediaId: string) => Promise<Uint8Array>
