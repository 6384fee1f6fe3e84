import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock, Instant } from '#server/platform/clock.ts'
import { ObjectStoreError, type ObjectStore, type StoredObject } from '#server/platform/object-store.ts'

/**
 * The locked directory: the embedded default behind the `ObjectStore` port. It keeps the promises of a compliance lock
 * against this program and against accidents (read-only bits, refusal before the date); against whoever owns the file
 * system only the signed checkpoints help, which is why a firm uses a bucket with Object Lock.
 *
 * An object is a folder named `<key>~` that holds, for each version, the bytes (`00000001-<uuid>`, mode 0444) and the
 * lock beside them (`….lock`, JSON). A delete marker, which only a foreign hand makes, is an empty `….deleted`.
 * The folder is filled under `.incoming/`, synced, and renamed into place: rename refuses a folder that is not empty, so
 * that a key is written once even between two processes, and a crash leaves either nothing or the whole object.
 */
export async function openDirectoryObjectStore(options: {
  directory: string
  clock: Clock
  /** `read`: a folder that is there and may not be writable; nothing is tried out in it. */
  use?: 'all' | 'read'
}): Promise<ObjectStore> {
  const store = new DirectoryObjectStore(options.directory, options.clock)
  if (options.use !== 'read') await store.check()
  return store
}

interface Lock {
  readonly sha256: string
  readonly size: number
  readonly retainUntil: Instant
  readonly legalHold: boolean
}

const incoming = '.incoming'
const keyPattern = /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[A-Za-z0-9._=+@-]+(?:\/[A-Za-z0-9._=+@-]+)*$/
const versionPattern = /^\d{8}-[0-9a-f-]{36}$/

class DirectoryObjectStore implements ObjectStore {
  readonly #root: string
  readonly #clock: Clock
  readonly #synced = new Set<string>()
  /** The folder that was opened, by device and inode. */
  #opened: string | undefined

  constructor(root: string, clock: Clock) {
    this.#root = root
    this.#clock = clock
  }

  async put(key: string, bytes: Uint8Array, retainUntil: Instant): Promise<StoredObject> {
    return guarded(async () => {
      await this.#refuseOtherRoot()
      const folder = this.#folder(key)
      const lock: Lock = { sha256: sha256Hex(bytes), size: bytes.length, retainUntil, legalHold: false }
      if ((await firstVersion(folder)) === undefined) await this.#place(folder, bytes, lock)
      const stored = await this.head(key)
      if (stored === undefined) throw refused(`"${key}" could not be read back after it was written.`)
      const onDisk = await readFile(join(folder, stored.versionId))
      if (sha256Hex(onDisk) !== lock.sha256) throw refused(`"${key}" already holds other bytes; a key is written once.`)
      if (stored.retainUntil >= retainUntil) return stored
      await this.extend(key, stored.versionId, retainUntil)
      return { ...stored, retainUntil }
    })
  }

  async get(key: string, versionId?: string): Promise<Uint8Array | undefined> {
    return guarded(async () => {
      await this.#refuseOtherRoot()
      const folder = this.#folder(key)
      const version = versionId ?? (await firstVersion(folder))
      return version === undefined || !versionPattern.test(version) ? undefined : readIfThere(join(folder, version))
    })
  }

  async head(key: string, versionId?: string): Promise<StoredObject | undefined> {
    return guarded(async () => {
      await this.#refuseOtherRoot()
      const folder = this.#folder(key)
      const version = versionId ?? (await firstVersion(folder))
      if (version === undefined || !(await versionsIn(folder)).includes(version)) return undefined
      const { sha256, size, retainUntil } = await readLock(folder, version)
      return { key, versionId: version, sha256, size, retainUntil }
    })
  }

  async *list(prefix: string): AsyncIterable<{ key: string; versionId: string; size: number; deleteMarker: boolean }> {
    await guarded(() => this.#refuseOtherRoot())
    yield* this.#walk(prefix, '')
  }

  async extend(key: string, versionId: string, retainUntil: Instant): Promise<void> {
    await this.#changeLock(key, versionId, (lock) => {
      if (retainUntil < lock.retainUntil)
        throw refused(`The lock of "${key}" ends ${lock.retainUntil} and cannot be shortened.`)
      return { ...lock, retainUntil }
    })
  }

  async destroy(key: string, versionId: string): Promise<void> {
    await guarded(async () => {
      const folder = this.#folder(key)
      if (!(await versionsIn(folder)).includes(versionId)) throw refused(`"${key}" has no version ${versionId}.`)
      const lock = await readLock(folder, versionId)
      if (lock.legalHold) throw refused(`"${key}" is under a legal hold.`)
      if (this.#clock.now() < lock.retainUntil) throw refused(`"${key}" is locked until ${lock.retainUntil}.`)
      // Bytes first: a lock without bytes is no version, bytes without a lock would look like tampering.
      await unlink(join(folder, versionId))
      await syncFolder(folder)
      await unlink(join(folder, `${versionId}.lock`))
      await rmdir(folder).catch(() => undefined)
      await syncFolder(dirname(folder))
    })
  }

  async setLegalHold(key: string, versionId: string, held: boolean): Promise<void> {
    await this.#changeLock(key, versionId, (lock) => ({ ...lock, legalHold: held }))
  }

  async check(): Promise<void> {
    await guarded(async () => {
      if (this.#opened === undefined) await this.#makeFolder(this.#root)
      await this.#refuseOtherRoot()
      await this.#makeFolder(join(this.#root, incoming))
      const probe = join(this.#root, incoming, `probe-${randomUUID()}`)
      await writeSynced(probe, new Uint8Array(1), 0o600)
      await unlink(probe)
    })
  }

  /** A folder that is gone, or an empty one in its place, is a disk that is away: nothing is begun anew there. */
  async #refuseOtherRoot(): Promise<void> {
    const found = await stat(this.#root).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => 'nothing',
    )
    this.#opened ??= found
    if (found === this.#opened) return
    this.#synced.clear()
    const sentence = `${this.#root} is not the folder that was opened. Bring it back; if another disk is right, start the gateway anew.`
    throw new ObjectStoreError(sentence, { retryable: true })
  }

  #folder(key: string): string {
    if (key.length > 512 || !keyPattern.test(key)) throw refused(`"${key}" is not a key of this store.`)
    return join(this.#root, `${key}~`)
  }

  /** Writes the whole object aside and renames it into place; loses quietly against another writer of the same key. */
  async #place(folder: string, bytes: Uint8Array, lock: Lock): Promise<void> {
    const aside = join(this.#root, incoming, randomUUID())
    await this.#makeFolder(aside)
    try {
      const version = `00000001-${randomUUID()}`
      await writeSynced(join(aside, version), bytes, 0o444)
      await writeSynced(join(aside, `${version}.lock`), Buffer.from(JSON.stringify(lock)), 0o444)
      await syncFolder(aside)
      await this.#makeFolder(dirname(folder))
      await rename(aside, folder)
      await syncFolder(dirname(folder))
    } catch (error) {
      this.#synced.clear()
      await rm(aside, { recursive: true, force: true })
      if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    }
  }

  async #changeLock(key: string, versionId: string, change: (lock: Lock) => Lock): Promise<void> {
    await guarded(async () => {
      const folder = this.#folder(key)
      if (!(await versionsIn(folder)).includes(versionId)) throw refused(`"${key}" has no version ${versionId}.`)
      const next = change(await readLock(folder, versionId))
      const aside = join(this.#root, incoming, randomUUID())
      await writeSynced(aside, Buffer.from(JSON.stringify(next)), 0o444)
      await rename(aside, join(folder, `${versionId}.lock`))
      await syncFolder(folder)
    })
  }

  /** Makes a folder and its parents, each synced into its own parent, so that no name is lost by a crash. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#synced.has(folder)) return
    const parent = dirname(folder)
    if (folder !== this.#root && parent !== folder) await this.#makeFolder(parent)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await syncFolder(parent)
    if (!folder.includes(incoming)) this.#synced.add(folder)
  }

  /** Depth first in the order of whole keys: "a-b" before "a/b", as a bucket lists them. */
  async *#walk(prefix: string, at: string): ReturnType<DirectoryObjectStore['list']> {
    const names = (await readdirIfThere(join(this.#root, at))).filter((name) => at !== '' || name !== incoming)
    const keys = names.map((name) => (name.endsWith('~') ? at + name.slice(0, -1) : `${at}${name}/`))
    for (const key of keys.toSorted(compareBytes)) {
      const mayHold = key.endsWith('/') ? key.startsWith(prefix) || prefix.startsWith(key) : key.startsWith(prefix)
      if (!mayHold) continue
      if (key.endsWith('/')) yield* this.#walk(prefix, key)
      else yield* this.#versions(key)
    }
  }

  async *#versions(key: string): ReturnType<DirectoryObjectStore['list']> {
    const folder = this.#folder(key)
    for (const name of (await readdirIfThere(folder)).toSorted()) {
      const deleteMarker = name.endsWith('.deleted')
      if (deleteMarker) yield { key, versionId: name.slice(0, -'.deleted'.length), size: 0, deleteMarker }
      else if (versionPattern.test(name))
        yield { key, versionId: name, size: await sizeOf(join(folder, name)), deleteMarker }
    }
  }
}

async function versionsIn(folder: string): Promise<string[]> {
  return (await readdirIfThere(folder)).filter((name) => versionPattern.test(name)).toSorted()
}

async function firstVersion(folder: string): Promise<string | undefined> {
  return (await versionsIn(folder))[0]
}

async function readLock(folder: string, version: string): Promise<Lock> {
  const text = await readIfThere(join(folder, `${version}.lock`))
  if (text === undefined) throw refused(`The lock beside ${join(folder, version)} is missing.`)
  const lock: Lock = JSON.parse(Buffer.from(text).toString('utf8'))
  return lock
}

async function writeSynced(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await withFile(path, 'wx', mode, async (file) => {
    await file.writeFile(bytes)
    await file.chmod(mode)
    await file.sync()
  })
}

async function syncFolder(path: string): Promise<void> {
  await withFile(path, 'r', undefined, (file) => file.sync())
}

async function sizeOf(path: string): Promise<number> {
  return withFile(path, 'r', undefined, async (file) => (await file.stat()).size)
}

async function withFile<T>(
  path: string,
  flags: string,
  mode: number | undefined,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, mode)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: unknown) => ifAbsent(error, undefined))
}

async function readdirIfThere(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => ifAbsent<string[]>(error, []))
}

function ifAbsent<T>(error: unknown, absent: T): T {
  if (isCode(error, 'ENOENT', 'ENOTDIR')) return absent
  throw error
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** A full disk, an unplugged one or a lost permission can be cured and the call repeated. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ObjectStoreError) throw error
    const message = `The object store's directory cannot be used: ${String(error)}`
    throw new ObjectStoreError(message, { retryable: true, cause: error })
  }
}

function refused(message: string): ObjectStoreError {
  return new ObjectStoreError(message, { retryable: false })
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
