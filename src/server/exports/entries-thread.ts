import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { longestEntry, packLines } from './entry-lines.ts'
import type { EntriesOrder, EntriesReport } from './read-entries.ts'
import { ZipError, ZipReader } from './read-zip.ts'
import { splitLines } from './split-lines.ts'

/** Batches that may be under way: reading goes on while the main thread works, and memory stays flat. */
const mostUnderWay = 6

const { path, name }: EntriesOrder = workerData
const port = parentPort!

/** Leave to send so many batches; the main thread gives one back for each that it takes. */
const leave = { left: mostUnderWay, given: () => {} }
port.on('message', () => {
  leave.left += 1
  leave.given()
})

function tell(report: EntriesReport, given: ArrayBuffer[] = []): void {
  // A thread's port has no origin: that is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  port.postMessage(report, given)
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

async function readEntries(zip: ZipReader): Promise<void> {
  for await (const lines of splitLines(readChunks(zip), longestEntry)) {
    if (leave.left === 0) await new Promise<void>((resolve) => (leave.given = resolve))
    const packed = packLines(lines)
    leave.left -= 1
    tell({ kind: 'lines', packed }, [packed.bytes.buffer, packed.leaves.buffer])
  }
  tell({ kind: 'end' })
}

const zip = await ZipReader.open(path)
try {
  await readEntries(zip)
} catch (error) {
  if (error instanceof ZipError) tell({ kind: 'broken', place: error.place, sentence: error.message })
  else if (error instanceof RangeError) tell({ kind: 'broken', place: undefined, sentence: error.message })
  else throw error
} finally {
  await zip.close()
}
port.close()
