import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import type { Instant } from '#server/platform/clock.ts'
import { Blocks, type Content } from './content-blocks.ts'
import { centralRecord, dataDescriptor, endRecords, localHeader, type ZipEntry } from './zip-format.ts'

/** A file in the package, as the manifest lists it: its content, and the bytes that stand in the zip. */
export interface PackedFile {
  readonly name: string
  readonly size: number
  readonly sha256: string
  readonly storedSize: number
  readonly storedSha256: string
}

const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw)
const blocksAtOnce = 4
/** Compressed, a block commonly fits into one piece of this size. */
const packedSize = 128 * 1024
// A deflate block that is the last and empty.
const lastBlock = Buffer.of(0x03, 0x00)

/**
 * Writes a zip file front to back in constant memory. Blocks are deflated in parallel and joined at byte boundaries (a sync
 * flush ends each), which any unzip program reads as one stream.
 */
export class ZipWriter {
  readonly #file: FileHandle
  readonly #at: Instant
  readonly #entries: ZipEntry[] = []
  readonly #blocks = new Blocks()
  readonly #whole = createHash('sha256')
  #position = 0

  /** `at` becomes the time of all files. */
  constructor(file: FileHandle, at: Instant) {
    this.#file = file
    this.#at = at
  }

  async add(name: string, content: Content, compressed = true): Promise<PackedFile> {
    const offset = this.#position
    await this.#write(localHeader({ name, compressed }, this.#at))
    const [plain, stored] = [createHash('sha256'), createHash('sha256')]
    let [size, checksum] = [0, 0]
    const start = this.#position
    const waiting: { readonly packed: Promise<Uint8Array>; readonly block: Buffer }[] = []
    const drain = async (leave: number) => {
      while (waiting.length > leave) {
        const { packed, block } = waiting.shift()!
        const bytes = await packed
        stored.update(bytes)
        await this.#write(bytes)
        this.#blocks.giveBack(block)
      }
    }
    for await (const block of this.#blocks.cut(content)) {
      plain.update(block)
      checksum = crc32(block, checksum)
      size += block.length
      const packed = compressed
        ? deflate(block, { level: 1, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: packedSize })
        : Promise.resolve(block)
      // A failure is met by `drain`, also when the content's own failure comes first.
      packed.catch(() => undefined)
      waiting.push({ packed, block })
      await drain(blocksAtOnce - 1)
    }
    await drain(0)
    if (compressed) {
      stored.update(lastBlock)
      await this.#write(lastBlock)
    }
    const entry = { name, compressed, crc32: checksum, storedSize: this.#position - start, size, offset }
    await this.#write(dataDescriptor(entry))
    this.#entries.push(entry)
    return { name, size, sha256: plain.digest('hex'), storedSize: entry.storedSize, storedSha256: stored.digest('hex') }
  }

  /** Writes the directory; answers size and SHA-256 of the whole file. */
  async end(): Promise<{ size: number; sha256: string }> {
    const offset = this.#position
    const directory = Buffer.concat(this.#entries.map((entry) => centralRecord(entry, this.#at)))
    await this.#write(directory)
    await this.#write(endRecords(this.#entries.length, offset, directory.length))
    return { size: this.#position, sha256: this.#whole.digest('hex') }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#whole.update(bytes)
    for (let done = 0; done < bytes.length;) {
      done += (await this.#file.write(bytes, done, bytes.length - done, this.#position + done)).bytesWritten
    }
    this.#position += bytes.length
  }
}
