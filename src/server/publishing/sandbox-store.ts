import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '#server/platform/clock.ts'

/** One post of the sandbox network: the stamped payload, exactly as it was sent. */
export interface SandboxPost {
  readonly id: string
  readonly handle: string
  readonly displayName?: string
  readonly key: string
  readonly text: string
  readonly thread?: readonly string[]
  readonly language?: string
  readonly links: readonly { readonly url: string; readonly text?: string }[]
  readonly media: readonly {
    readonly mediaId: string
    readonly sha256: string
    readonly mimeType: string
    readonly size: number
    readonly altText?: string
  }[]
  readonly publishedAt: Instant
}

const idForm = /^[0-9a-f]{20}$/
const digestForm = /^[0-9a-f]{64}$/

/** The sandbox network's own folder: one write-once file a post, named by its id, and its media by digest. */
export class SandboxStore {
  readonly #posts: string
  readonly #media: string
  // Files never change, so a parsed post is right for as long as its file is listed.
  readonly #parsed = new Map<string, SandboxPost>()

  constructor(directory: string) {
    this.#posts = join(directory, 'posts')
    this.#media = join(directory, 'media')
  }

  /** Stores a payload durably under its id; answers what stands there already when the id is taken. */
  async put(id: string, payload: string): Promise<string> {
    const written = await writeOnce(this.#posts, `${id}.json`, Buffer.from(payload))
    return written ? payload : ((await this.read(id)) ?? payload)
  }

  /** The payload as it was sent; `undefined` when there is no such post. */
  async read(id: string): Promise<string | undefined> {
    return idForm.test(id) ? (await readIfThere(join(this.#posts, `${id}.json`)))?.toString('utf8') : undefined
  }

  async find(id: string): Promise<SandboxPost | undefined> {
    const payload = await this.read(id)
    return payload === undefined ? undefined : parsePost(id, payload)
  }

  /** Deletes a post; one already gone is success. */
  async remove(id: string): Promise<void> {
    if (!idForm.test(id)) return
    await unlink(join(this.#posts, `${id}.json`)).catch(ignore('ENOENT'))
    await syncFolder(this.#posts).catch(ignore('ENOENT'))
  }

  async putMedia(sha256: string, bytes: Uint8Array): Promise<void> {
    await writeOnce(this.#media, sha256, bytes)
  }

  async readMedia(sha256: string): Promise<Uint8Array | undefined> {
    return digestForm.test(sha256) ? readIfThere(join(this.#media, sha256)) : undefined
  }

  /** All posts, newest first. */
  async list(): Promise<SandboxPost[]> {
    const names = ((await readdir(this.#posts).catch(ignore('ENOENT'))) ?? []).filter((name) => name.endsWith('.json'))
    const ids = new Set(names.map((name) => name.slice(0, -'.json'.length)))
    for (const id of this.#parsed.keys()) if (!ids.has(id)) this.#parsed.delete(id)
    for (const id of ids) {
      const post = this.#parsed.get(id) ?? (await this.find(id))
      if (post !== undefined) this.#parsed.set(id, post)
    }
    return [...this.#parsed.values()].sort(newestFirst)
  }
}

function newestFirst(a: SandboxPost, b: SandboxPost): number {
  if (a.publishedAt !== b.publishedAt) return a.publishedAt < b.publishedAt ? 1 : -1
  return a.id < b.id ? 1 : -1
}

function parsePost(id: string, payload: string): SandboxPost {
  return { ...(JSON.parse(payload) as Omit<SandboxPost, 'id'>), id }
}

/** Answers false when the name is taken. The file appears whole or not at all, and survives a power cut on return. */
async function writeOnce(folder: string, name: string, bytes: Uint8Array): Promise<boolean> {
  await mkdir(folder, { recursive: true })
  const draft = join(folder, `.${randomUUID()}`)
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, join(folder, name))
    return true
  } catch (error) {
    ignore('EEXIST')(error)
    return false
  } finally {
    await unlink(draft)
    await syncFolder(folder)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  return (await readFile(path).catch(ignore('ENOENT'))) ?? undefined
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error
    return undefined
  }
}
