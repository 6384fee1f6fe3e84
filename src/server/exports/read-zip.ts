import { open, type FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import type { Instant } from '#server/platform/clock.ts'
import {
  centralRecord,
  dataDescriptor,
  end64Size,
  endRecords,
  endSize,
  localHeader,
  readDirectory,
  readEnd,
  type ZipEntry,
} from './zip-format.ts'

/** A zip file that is not, byte for byte, what our writer makes. `place` is a file's name or a position. */
export class ZipError extends Error {
  override readonly name = 'ZipError'
  readonly place: string

  constructor(place: string, sentence: string) {
    super(sentence)
    this.place = place
  }
}

const largestDirectory = 64 * 1024 * 1024

/** Reads a package with no tolerance: what a lenient unzip program passes over is named here. */
export class ZipReader {
  readonly entries: readonly ZipEntry[]
  readonly #file: FileHandle
  readonly #directory: Buffer
  readonly #directoryOffset: number

  private constructor(file: FileHandle, entries: readonly ZipEntry[], directory: Buffer, directoryOffset: number) {
    this.#file = file
    this.entries = entries
    this.#directory = directory
    this.#directoryOffset = directoryOffset
  }

  /** Opens a file; throws `ZipError` when no directory can be found where the last bytes say. */
  static async open(path: string): Promise<ZipReader> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const tail = await readAt(file, Math.max(0, size - endSize - end64Size), Math.min(size, endSize + end64Size))
      const end = readEnd(tail)
      if (end === undefined)
        throw new ZipError(
          'the last bytes',
          'The file does not end as a package ends: it is truncated, or something was appended.',
        )
      if (end.size > largestDirectory || end.offset + end.size > size)
        throw new ZipError('the last bytes', 'The zip directory does not lie where the last bytes say.')
      const directory = await readAt(file, end.offset, end.size)
      const entries = readDirectory(directory)
      const rest = await readAt(file, end.offset + end.size, Math.min(size - end.offset - end.size, 1024))
      if (entries.length !== end.count || !rest.equals(endRecords(end.count, end.offset, end.size)))
        throw new ZipError('the last bytes', 'The end of the zip directory was altered, or bytes were added behind it.')
      return new ZipReader(file, entries, directory, end.offset)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Compares every byte that is not a file's data with what the directory's facts and the time `at` make of it. */
  async checkStructure(at: Instant): Promise<void> {
    let position = 0
    const names = new Set<string>()
    for (const entry of this.entries) {
      if (names.has(entry.name)) throw new ZipError(entry.name, 'The name stands twice in the package.')
      names.add(entry.name)
      if (entry.offset !== position)
        throw new ZipError(
          entry.name,
          `Bytes ${position} and on belong to no file: something was put in or taken out before this file.`,
        )
      const header = localHeader(entry, at)
      if (!(await readAt(this.#file, position, header.length)).equals(header))
        throw new ZipError(entry.name, 'The zip header before the file was altered.')
      const descriptor = dataDescriptor(entry)
      const end = position + header.length + entry.storedSize
      if (!(await readAt(this.#file, end, descriptor.length)).equals(descriptor))
        throw new ZipError(entry.name, 'The zip descriptor behind the file was altered.')
      position = end + descriptor.length
    }
    if (position !== this.#directoryOffset)
      throw new ZipError('before the zip directory', `Bytes ${position} and on belong to no file.`)
    let from = 0
    for (const entry of this.entries) {
      const record = centralRecord(entry, at)
      if (!this.#directory.subarray(from, from + record.length).equals(record))
        throw new ZipError(entry.name, 'The entry of the zip directory was altered.')
      from += record.length
    }
    if (from !== this.#directory.length)
      throw new ZipError('the zip directory', 'The zip directory holds more than its entries.')
  }

  /**
   * The content of a file, chunk by chunk. `seen` is given the bytes as they stand in the zip. Throws `ZipError` when
   * they do not inflate, or to more than the directory declares (a zip bomb stops there).
   */
  async *read(entry: ZipEntry, seen: (stored: Buffer) => void = () => undefined): AsyncIterable<Buffer> {
    const start = entry.offset + 30 + Buffer.byteLength(entry.name)
    const stored = readRange(this.#file, start, entry.storedSize, seen)
    if (!entry.compressed) {
      yield* stored
      return
    }
    let size = 0
    try {
      for await (const chunk of inflate(stored, entry.size)) {
        size += chunk.length
        if (size > entry.size)
          throw new ZipError(entry.name, `The file unpacks to more than the ${entry.size} bytes that it declares.`)
        yield chunk
      }
    } catch (error) {
      throw isDamage(error) ? new ZipError(entry.name, 'The compressed data is damaged.') : error
    }
    if (size !== entry.size)
      throw new ZipError(entry.name, `The file unpacks to ${size} bytes, not to the ${entry.size} that it declares.`)
  }
}

/** Large pieces, as each costs a way to another thread and back; none larger than what the file declares to unpack to. */
function inflate(stored: AsyncIterable<Buffer>, size: number): AsyncIterable<Buffer> {
  const unpacked = createInflateRaw({ chunkSize: Math.min(Math.max(size, 64), 1024 * 1024) })
  // What goes wrong is met by whoever reads.
  pipeline(Readable.from(stored), unpacked).catch(() => undefined)
  return unpacked
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}

async function* readRange(
  file: FileHandle,
  start: number,
  length: number,
  seen: (stored: Buffer) => void,
): AsyncIterable<Buffer> {
  for (let done = 0; done < length;) {
    const chunk = await readAt(file, start + done, Math.min(256 * 1024, length - done))
    if (chunk.length === 0) return
    seen(chunk)
    yield chunk
    done += chunk.length
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, length))
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}
