import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { unpackLines, type EntryLines, type PackedLines } from './entry-lines.ts'
import { ZipError } from './read-zip.ts'

/** What the thread is told. */
export interface EntriesOrder {
  readonly path: string
  /** The file inside the package. */
  readonly name: string
}

/** What the thread tells. */
export type EntriesReport =
  | { readonly kind: 'lines'; readonly packed: PackedLines }
  | ({ readonly kind: 'hashes' } & FileHashes)
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly place: string | undefined; readonly sentence: string }

/** SHA-256 of a file's content and of its bytes in the zip, hex. */
export interface FileHashes {
  readonly sha256: string
  readonly storedSha256: string
}

/**
 * Reads the entries of a large package in a thread of its own, which unpacks and hashes while the caller looks at what they
 * say. `read` is told the file's hashes when its last bytes were read. Throws what reading here would throw: `ZipError`,
 * `RangeError`.
 */
export async function* readEntries(order: EntriesOrder, read: (hashes: FileHashes) => void): AsyncIterable<EntryLines> {
  const worker = new Worker(new URL('entries-thread.ts', import.meta.url), { workerData: order })
  try {
    const messages = on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[EntriesReport]>
    for await (const [report] of messages) {
      if (report.kind === 'end') return
      if (report.kind === 'broken')
        throw report.place === undefined ? new RangeError(report.sentence) : new ZipError(report.place, report.sentence)
      if (report.kind === 'hashes') {
        read(report)
        continue
      }
      // The thread goes on while these are looked at. Its port has no origin: that is for windows.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage('next')
      yield unpackLines(report.packed)
    }
    throw new Error('The thread that reads the entries ended before they did.')
  } finally {
    await worker.terminate()
  }
}
