import { hash } from 'node:crypto'
import { mediaKey } from '#server/archive/object-keys.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { copyText } from './copy-text.ts'

// Bodies are canonical JSON, whose keys stand in order; no text that somebody typed can hold an unescaped quotation mark.
const reference = /"mimeType":"[a-z0-9.+/-]+",(?:"objectKey":"media\/[0-9a-f]{64}",)?"sha256":"([0-9a-f]{64})"/g

/** The SHA-256 of each media file that bodies speak of. */
export function findMedia(text: string): string[] {
  return [...text.matchAll(reference)].map((match) => match[1]!)
}

/** The media files of the delivered records, collected while they are written and read from the bucket afterwards. */
export class MediaFiles {
  /** Files that the bucket did not give. */
  readonly missing: string[] = []
  included = 0
  readonly #store: Pick<ObjectStore, 'get'>
  readonly #digests = new Set<string>()

  constructor(store: Pick<ObjectStore, 'get'>) {
    this.#store = store
  }

  note(text: string): void {
    for (const sha256 of findMedia(text)) if (!this.#digests.has(sha256)) this.#digests.add(copyText(sha256))
  }

  /** One file after another; a bucket that is away takes away the media and not the export. */
  async *files(): AsyncIterable<{ readonly name: string; readonly content: readonly Uint8Array[] }> {
    for (const sha256 of [...this.#digests].toSorted()) {
      const bytes = await this.#read(mediaKey(sha256))
      if (bytes === undefined) this.missing.push(sha256)
      else {
        this.included += 1
        yield { name: mediaKey(sha256), content: [bytes] }
      }
    }
  }

  async #read(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#store.get(key)
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error
      return undefined
    }
  }
}

/** The object store as media are read from it: a file whose bytes are not those of its digest is none. */
export function trueMedia(store: Pick<ObjectStore, 'get'>): Pick<ObjectStore, 'get'> {
  return {
    async get(key) {
      const bytes = await store.get(key)
      return bytes !== undefined && mediaKey(hash('sha256', bytes)) === key ? bytes : undefined
    },
  }
}

/** Media that a reader of the package must ask for again. */
export function missingMedia(media: MediaFiles): { sentence: string }[] {
  return media.missing.map((sha256) => ({
    sentence: `The media file ${sha256} could not be read from the object store.`,
  }))
}
