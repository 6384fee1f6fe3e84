import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LineBatch } from './line-batch.ts'
import { ZipError } from './read-zip.ts'

/** What the thread is told. */
export interface LinesOrder {
  readonly path: string
  /** The file inside the package. */
  readonly name: string
  /** No line has more bytes. */
  readonly longest: number
  /** Whether lines are wanted with their leaf hashes. */
  readonly leaves: boolean
}

/** What the thread tells. */
export type LinesReport =
  | ({ readonly kind: 'lines' } & LineBatch)
  | ({ readonly kind: 'hashes' } & FileHashes)
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly place: string | undefined; readonly sentence: string }

/** SHA-256 of a file's content and of its bytes in the zip, hex. */
export interface FileHashes {
  readonly sha256: string
  readonly storedSha256: string
}

/**
 * Reads the lines of a large file in a thread of its own, which unpacks and hashes the file while the caller looks at what
 * the lines say. `read` is told the file's hashes when its last bytes were read. Throws what reading here would throw:
 * `ZipError`, `RangeError`.
 */
export async function* readLines(order: LinesOrder, read: (hashes: FileHashes) => void): AsyncIterable<LineBatch> {
  const worker = new Worker(new URL('lines-thread.ts', import.meta.url), { workerData: order })
  try {
    const messages = on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[LinesReport]>
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
      yield openBatch(report)
    }
    throw new Error(`The thread that reads ${order.name} ended before the file did.`)
  } finally {
    await worker.terminate()
  }
}

/** What was a `Buffer` arrives as a plain array of bytes. */
function openBatch({ bytes, hashed }: LineBatch): LineBatch {
  const whole = Buffer.from(bytes.buffer)
  return hashed === undefined
    ? { bytes: whole }
    : { bytes: whole, hashed: { leaves: Buffer.from(hashed.leaves.buffer), ends: hashed.ends } }
}
