import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  type HeadObjectCommandOutput,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3'
import type { Clock, Instant } from '#server/platform/clock.ts'
import { toInstant } from '#server/platform/clock.ts'
import { ObjectStoreError, type ObjectStore, type StoredObject } from '#server/platform/object-store.ts'

export interface S3Settings {
  /** Absent for AWS itself. */
  readonly endpoint?: string
  readonly region: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Bytes from which an object goes up in parts; at least 5 MiB, as S3 asks. */
  readonly partSize?: number
}

/**
 * A bucket with Object Lock behind the `ObjectStore` port. Every put carries COMPLIANCE, the date and a SHA-256, and is
 * read back. `If-None-Match` is sent and not believed (radosgw ignores it in locked buckets): the oldest version of a
 * key is the object, whatever was put over it, and a put that did not become the oldest version has lost.
 */
export function openS3ObjectStore(settings: S3Settings, clock: Clock): ObjectStore & { close(): void } {
  return new S3ObjectStore(settings, clock)
}

const defaultPartSize = 16 * 1024 * 1024
/** Codes that repeating cannot cure; everything without a code of S3 is the way to the bucket. */
const permanent = new Set([
  'AccessDenied',
  'InvalidRequest',
  'InvalidArgument',
  'MalformedXML',
  'NoSuchBucket',
  'BadDigest',
  'InvalidDigest',
  'SignatureDoesNotMatch',
  'InvalidAccessKeyId',
  'EntityTooLarge',
  'XAmzContentSHA256Mismatch',
])

class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #partSize: number
  readonly #clock: Clock

  constructor(settings: S3Settings, clock: Clock) {
    this.#bucket = settings.bucket
    this.#partSize = settings.partSize ?? defaultPartSize
    this.#clock = clock
    this.#client = new S3Client({
      region: settings.region,
      credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
      // We compute the SHA-256 ourselves; the SDK's own CRC trailers are not understood by every server.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 5,
      retryMode: 'standard',
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
    })
  }

  close(): void {
    this.#client.destroy()
  }

  async put(key: string, bytes: Uint8Array, retainUntil: Instant): Promise<StoredObject> {
    return guarded(async () => {
      const there = await this.#firstVersion(key)
      if (there !== undefined) {
        await this.#lockIfOpen(key, there, bytes, retainUntil)
        return this.#confirm(key, there, bytes, retainUntil)
      }
      const written = await (bytes.length > this.#partSize
        ? this.#putParts(key, bytes, retainUntil)
        : this.#putWhole(key, bytes, retainUntil))
      const first = await this.#firstVersion(key)
      if (first === undefined) throw refused(`"${key}" is not listed after it was stored.`)
      await this.#lockIfOpen(key, first, bytes, retainUntil)
      if (written !== undefined) await this.#readBack(key, written, bytes, retainUntil)
      return this.#confirm(key, first, bytes, retainUntil)
    })
  }

  async get(key: string, versionId?: string): Promise<Uint8Array | undefined> {
    return guarded(async () => {
      const version = versionId ?? (await this.#firstVersion(key))
      if (version === undefined) return undefined
      const answer = await this.#client
        .send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: version }))
        .catch(absent)
      return answer?.Body === undefined ? undefined : Buffer.from(await answer.Body.transformToByteArray())
    })
  }

  async head(key: string, versionId?: string): Promise<StoredObject | undefined> {
    return guarded(async () => {
      const version = versionId ?? (await this.#firstVersion(key))
      return version === undefined ? undefined : this.#head(key, version)
    })
  }

  async *list(prefix: string): AsyncIterable<{ key: string; versionId: string; size: number; deleteMarker: boolean }> {
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
    while (from !== undefined) {
      const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...from,
      })
      const page = await guarded(() => this.#client.send(command))
      const versions = (page.Versions ?? []).map((version) => ({ ...version, deleteMarker: false }))
      const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, deleteMarker: true }))
      const both = [...versions, ...markers].toSorted((a, b) => compareBytes(a.Key ?? '', b.Key ?? ''))
      for (const { Key, VersionId, Size, deleteMarker } of both)
        yield { key: Key ?? '', versionId: VersionId ?? 'null', size: Size ?? 0, deleteMarker }
      from = nextPage(page)
    }
  }

  async extend(key: string, versionId: string, retainUntil: Instant): Promise<void> {
    await guarded(() =>
      this.#client.send(
        new PutObjectRetentionCommand({
          Bucket: this.#bucket,
          Key: key,
          VersionId: versionId,
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate: wholeSecond(retainUntil) },
        }),
      ),
    )
  }

  async destroy(key: string, versionId: string): Promise<void> {
    await guarded(async () => {
      const stored = await this.#head(key, versionId)
      if (stored === undefined) throw refused(`"${key}" has no version ${versionId}.`)
      // The bucket refuses too; asked first so that the sentence says until when.
      if (this.#clock.now() < stored.retainUntil) throw refused(`"${key}" is locked until ${stored.retainUntil}.`)
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: versionId }))
    })
  }

  async setLegalHold(key: string, versionId: string, held: boolean): Promise<void> {
    await guarded(() =>
      this.#client.send(
        new PutObjectLegalHoldCommand({
          Bucket: this.#bucket,
          Key: key,
          VersionId: versionId,
          LegalHold: { Status: held ? 'ON' : 'OFF' },
        }),
      ),
    )
  }

  async check(): Promise<void> {
    await guarded(async () => {
      const answer = await this.#client
        .send(new GetObjectLockConfigurationCommand({ Bucket: this.#bucket }))
        .catch(withoutLock)
      if (answer?.ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled')
        throw refused(`The bucket "${this.#bucket}" has no Object Lock; make one with Object Lock enabled.`)
    })
  }

  async #putWhole(key: string, bytes: Uint8Array, retainUntil: Instant): Promise<string | undefined> {
    const sha256 = sha256Of(bytes)
    const answer = await this.#client
      .send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: bytes,
          ContentLength: bytes.length,
          IfNoneMatch: '*',
          ChecksumSHA256: sha256.toString('base64'),
          Metadata: { sha256: sha256.toString('hex') },
          ...compliance(retainUntil),
        }),
      )
      .catch(alreadyThere)
    return answer?.VersionId
  }

  /** Parts of one object, each with its own SHA-256; an upload that fails is taken back, so that no part lies unpaid. */
  async #putParts(key: string, bytes: Uint8Array, retainUntil: Instant): Promise<string | undefined> {
    const target = { Bucket: this.#bucket, Key: key }
    const Metadata = { sha256: sha256Of(bytes).toString('hex') }
    const begun = await this.#client.send(
      new CreateMultipartUploadCommand({
        ...target,
        Metadata,
        ChecksumAlgorithm: 'SHA256',
        ...compliance(retainUntil),
      }),
    )
    const upload = { ...target, UploadId: begun.UploadId }
    try {
      const Parts = []
      for (let from = 0, PartNumber = 1; from < bytes.length; from += this.#partSize, PartNumber += 1) {
        const Body = bytes.subarray(from, from + this.#partSize)
        const ChecksumSHA256 = sha256Of(Body).toString('base64')
        const part = await this.#client.send(
          new UploadPartCommand({ ...upload, PartNumber, Body, ContentLength: Body.length, ChecksumSHA256 }),
        )
        Parts.push({ PartNumber, ETag: part.ETag, ChecksumSHA256 })
      }
      const done = await this.#client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, IfNoneMatch: '*' }),
      )
      return done.VersionId
    } catch (error) {
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
      return alreadyThere(error)
    }
  }

  /**
   * radosgw forgets the lock of an object that went up in parts, so it is put on afterwards; a crash between the two
   * leaves a first version without a lock, which a repeated put of the same bytes closes.
   */
  async #lockIfOpen(key: string, version: string, bytes: Uint8Array, retainUntil: Instant): Promise<void> {
    const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: version }))
    if (head.ObjectLockMode !== undefined || head.ContentLength !== bytes.length) return
    const back = await this.get(key, version)
    if (back !== undefined && Buffer.compare(back, bytes) === 0) await this.extend(key, version, retainUntil)
  }

  /** The version that was just put must be locked as asked and hold our bytes, by the bucket's own word or by reading it. */
  async #readBack(key: string, version: string, bytes: Uint8Array, retainUntil: Instant): Promise<void> {
    const head = await this.#client.send(
      new HeadObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: version, ChecksumMode: 'ENABLED' }),
    )
    if (head.ObjectLockMode !== 'COMPLIANCE') throw refused(`"${key}" was stored without a compliance lock.`)
    if (head.ObjectLockRetainUntilDate === undefined || head.ObjectLockRetainUntilDate < new Date(retainUntil))
      throw refused(`"${key}" was stored with a lock that ends too early.`)
    if (head.ContentLength !== bytes.length) throw refused(`"${key}" was stored with another length.`)
    if (head.ChecksumSHA256 === sha256Of(bytes).toString('base64')) return
    const back = await this.get(key, version)
    if (back === undefined || Buffer.compare(back, bytes) !== 0) throw refused(`"${key}" was stored with other bytes.`)
  }

  /** Answers for the first version of a key: ours when its bytes are ours, made as long-lived as asked. */
  async #confirm(key: string, first: string, bytes: Uint8Array, retainUntil: Instant): Promise<StoredObject> {
    const stored = await this.#head(key, first)
    if (stored === undefined) throw refused(`"${key}" is listed and cannot be read.`)
    if (stored.size !== bytes.length || stored.sha256 !== sha256Of(bytes).toString('hex'))
      throw refused(`"${key}" already holds other bytes; a key is written once.`)
    if (stored.retainUntil >= retainUntil) return stored
    await this.extend(key, first, retainUntil)
    return (await this.#head(key, first)) ?? stored
  }

  async #head(key: string, version: string): Promise<StoredObject | undefined> {
    const head = await this.#client
      .send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: version, ChecksumMode: 'ENABLED' }))
      .catch(absent)
    if (head === undefined || head.DeleteMarker === true) return undefined
    if (head.ObjectLockMode !== 'COMPLIANCE' || head.ObjectLockRetainUntilDate === undefined)
      throw refused(`Version ${version} of "${key}" carries no compliance lock.`)
    const retainUntil = toInstant(head.ObjectLockRetainUntilDate.getTime())
    const sha256 = sha256In(head) ?? (await this.#hashOf(key, version))
    return { key, versionId: version, sha256, size: head.ContentLength ?? 0, retainUntil }
  }

  async #hashOf(key: string, version: string): Promise<string> {
    return sha256Of((await this.get(key, version)) ?? new Uint8Array(0)).toString('hex')
  }

  /** The oldest version: a lock keeps it, and what is put over it later is tampering, seen by `list`. */
  async #firstVersion(key: string): Promise<string | undefined> {
    let oldest: string | undefined
    for await (const version of this.list(key)) {
      if (version.key !== key) break
      if (!version.deleteMarker) oldest = version.versionId
    }
    return oldest
  }
}

function compliance(retainUntil: Instant) {
  return { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: wholeSecond(retainUntil) } as const
}

/** Servers keep seconds; a lock must not end before what was asked. */
function wholeSecond(instant: Instant): Date {
  return new Date(Math.ceil(Date.parse(instant) / 1000) * 1000)
}

/** The bucket's checksum of the whole object; else what we wrote beside it, which the lock keeps as it keeps the bytes. */
function sha256In(head: HeadObjectCommandOutput): string | undefined {
  const checksum = head.ChecksumSHA256
  const whole = checksum !== undefined && !checksum.includes('-') && head.ChecksumType !== 'COMPOSITE'
  return whole ? Buffer.from(checksum, 'base64').toString('hex') : head.Metadata?.['sha256']
}

function nextPage(page: ListObjectVersionsCommandOutput): { KeyMarker?: string; VersionIdMarker?: string } | undefined {
  if (!page.IsTruncated || page.NextKeyMarker === undefined) return undefined
  const KeyMarker = page.NextKeyMarker
  return page.NextVersionIdMarker === undefined
    ? { KeyMarker }
    : { KeyMarker, VersionIdMarker: page.NextVersionIdMarker }
}

function absent(error: unknown): undefined {
  if (
    error instanceof S3ServiceException &&
    ['NoSuchKey', 'NotFound', 'NoSuchVersion', 'MethodNotAllowed'].includes(error.name)
  )
    return undefined
  throw error
}

function alreadyThere(error: unknown): undefined {
  if (error instanceof S3ServiceException && [409, 412].includes(error.$metadata.httpStatusCode ?? 0)) return undefined
  throw error
}

function withoutLock(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.name === 'ObjectLockConfigurationNotFoundError') return undefined
  throw error
}

/** What an operator corrects, by the name of the server's error or the code of the connection's. */
const advice: Readonly<Record<string, string>> = {
  NoSuchBucket:
    'The object store has no such bucket. Make it with Object Lock enabled, or correct the setting S3_BUCKET.',
  InvalidAccessKeyId: 'The object store does not know the access key. Correct the setting S3_ACCESS_KEY_ID.',
  SignatureDoesNotMatch:
    'The object store does not accept the signature. Correct the setting S3_SECRET_ACCESS_KEY, or S3_REGION.',
  AccessDenied:
    'The object store denies access. Let the access key list, read and put objects with their retention and legal hold.',
  EPROTO: 'The object store speaks no TLS at this address. Correct the setting S3_ENDPOINT.',
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ObjectStoreError) throw error
    const name = error instanceof Error ? error.name : 'unknown'
    const { code = '' } = error as NodeJS.ErrnoException
    const sentence = advice[name] ?? advice[code] ?? `The bucket refused or could not be reached (${name}).`
    throw new ObjectStoreError(sentence, { retryable: !permanent.has(name), cause: error })
  }
}

function refused(message: string): ObjectStoreError {
  return new ObjectStoreError(message, { retryable: false })
}

function sha256Of(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
