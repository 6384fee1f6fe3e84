import type { Instant } from './clock.ts'

/** What the store proves about one stored version. */
export interface StoredObject {
  readonly key: string
  readonly versionId: string
  /** Lower-case hex SHA-256 of the bytes. */
  readonly sha256: string
  readonly size: number
  readonly retainUntil: Instant
}

/** Raised when the store cannot be reached or refuses; `retryable` says whether the same call may succeed later. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'
  readonly retryable: boolean

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.retryable = options.retryable
  }
}

/**
 * The sealed copy: write-once objects under a compliance lock (`archive/README.md`).
 * Every method retries transient faults itself and throws `ObjectStoreError` only for what retrying did not cure.
 */
export interface ObjectStore {
  /**
   * Stores bytes under a key that is written once, locked until `retainUntil`, and reads lock, version and SHA-256 back.
   * On return the object is durable and locked. A key that already holds the same bytes answers as if just stored
   * (a crash after the put is repeated); other bytes under the key are an `ObjectStoreError`, not retryable.
   */
  put(key: string, bytes: Uint8Array, retainUntil: Instant): Promise<StoredObject>
  /** The bytes of a version, or of the first version when none is named; `undefined` when there is none. */
  get(key: string, versionId?: string): Promise<Uint8Array | undefined>
  /** What is known of a version without its bytes; `undefined` when there is none. */
  head(key: string, versionId?: string): Promise<StoredObject | undefined>
  /** All versions and delete markers under a prefix, in key order: what tampering leaves behind is visible here. */
  list(prefix: string): AsyncIterable<{ key: string; versionId: string; size: number; deleteMarker: boolean }>
  /** Lengthens the lock of a version; shortening is refused by the store. */
  extend(key: string, versionId: string, retainUntil: Instant): Promise<void>
  /** Destroys a version whose lock has ended (disposition); throws while the lock or a legal hold stands. */
  destroy(key: string, versionId: string): Promise<void>
  /** Places or lifts a legal hold on a version. */
  setLegalHold(key: string, versionId: string, held: boolean): Promise<void>
  /** Resolves when the store answers and enforces locks; throws `ObjectStoreError` otherwise. */
  check(): Promise<void>
}
