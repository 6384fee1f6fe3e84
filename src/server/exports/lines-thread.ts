import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { cutLines, hashLines, type LineBatch } from './line-batch.ts'
import type { LinesOrder, LinesReport } from './read-lines.ts'
import { ZipError, ZipReader } from './read-zip.ts'

/** Batches that may be under way: reading goes on while the main thread works, and memory stays flat. */
const mostUnderWay = 6

const { path, name, longest, leaves }: LinesOrder = workerData
const port = parentPort!

/** Leave to send so many batches; the main thread gives one back for each that it takes. */
const leave = { left: mostUnderWay, given: () => {} }
port.on('message', () => {
  leave.left += 1
  leave.given()
})

function tell(report: LinesReport, given: ArrayBuffer[] = []): void {
  // A thread's port has no origin: that is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  port.postMessage(report, given)
}

function tellLines(lines: LineBatch): void {
  const { bytes } = lines
  if (!leaves) return tell({ kind: 'lines', bytes }, [bytes.buffer])
  const hashed = hashLines(lines)
  tell({ kind: 'lines', bytes, hashed }, [bytes.buffer, hashed.leaves.buffer, hashed.ends.buffer])
}

/** The file's content, which is hashed on the way. */
async function* readChunks(zip: ZipReader): AsyncIterable<Buffer> {
  const entry = zip.entries.find((candidate) => candidate.name === name)!
  const [content, stored] = [createHash('sha256'), createHash('sha256')]
  for await (const chunk of zip.read(entry, (bytes) => stored.update(bytes))) {
    content.update(chunk)
    yield chunk
  }
  tell({ kind: 'hashes', sha256: content.digest('hex'), storedSha256: stored.digest('hex') })
}

async function readLines(zip: ZipReader): Promise<void> {
  for await (const lines of cutLines(readChunks(zip), longest)) {
    if (leave.left === 0) await new Promise<void>((resolve) => (leave.given = resolve))
    leave.left -= 1
    tellLines(lines)
  }
  tell({ kind: 'end' })
}

const zip = await ZipReader.open(path)
try {
  await readLines(zip)
} catch (error) {
  if (error instanceof ZipError) tell({ kind: 'broken', place: error.place, sentence: error.message })
  else if (error instanceof RangeError) tell({ kind: 'broken', place: undefined, sentence: error.message })
  else throw error
} finally {
  await zip.close()
}
port.close()
