import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { askAgain } from '#server/platform/ask-again.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { parseRanges, type ByteRange } from './byte-range.ts'
import type { ExportRow } from './queries.ts'
import { requireExport } from './read-export.ts'
import { timeIsOver } from './remove-exports.ts'
import { packagePath } from './run-export.ts'
import { mayStillRead } from './still-may.ts'

export interface Download {
  readonly status: 200 | 206
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/**
 * The bytes of a finished package, whole or in ranges. That somebody downloads is committed as a record before the first
 * byte leaves; who loses the right meanwhile, or signs out, gets no more than eight megabytes or ten seconds further. Throws `range_not_satisfiable`,
 * `wrong_status` while it is being made, `gone` when its time is over or the file was taken away.
 */
export async function downloadExport(
  deps: Pick<Deps, 'db' | 'clock' | 'config'>,
  actor: Actor,
  exportId: string,
  wish: { readonly range?: string | undefined; readonly ifRange?: string | undefined },
): Promise<Download> {
  const row = await requireExport(deps.db, actor, exportId)
  const path = packagePath(deps.config, exportId)
  const size = await sizeOfPackage(row, path, deps.clock.now())
  const etag = `"${row.sha256}"`
  const ranges = wish.ifRange === undefined || wish.ifRange === etag ? parseRanges(wish.range, size) : undefined
  if (ranges?.length === 0) throw new AppError('range_not_satisfiable', `The package has ${size} bytes.`)

  await inTransaction(deps.db, async (tx) => {
    await appendRecord(tx, actor, {
      type: 'export.downloaded',
      at: deps.clock.now(),
      streams: { export: exportId, user: actor.userId, unit: actor.unitId },
      body: { exportId, sha256: row.sha256, size, ranges: ranges?.map(({ start, end }) => ({ start, end })) ?? null },
    })
  })
  const { status, headers, pieces } = answerOf(ranges, size, `part-${row.sha256?.slice(0, 32)}`)
  return {
    status,
    headers: {
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-transform',
      'content-disposition': `attachment; filename="export-${exportId}.zip"`,
      etag,
      ...headers,
    },
    body: Readable.from(
      send(
        path,
        pieces,
        askAgain(deps.clock, () => mayStillRead(deps, actor, exportId)),
      ),
    ),
  }
}

async function sizeOfPackage(row: ExportRow, path: string, now: Instant): Promise<number> {
  if (row.status === 'removed') throw new AppError('gone', row.failure ?? '')
  if (row.status !== 'completed')
    throw new AppError('wrong_status', `The export is ${row.status}; only a completed one can be downloaded.`)
  if (row.keepUntil <= now) throw new AppError('gone', timeIsOver)
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  if (size === undefined || size !== row.size)
    throw new AppError('gone', 'The file of this export is no longer there. Ask for the export again.')
  return size
}

/** A stretch of the file, or text between two. */
type Piece = ByteRange | string

interface Answer extends Pick<Download, 'status' | 'headers'> {
  readonly pieces: readonly Piece[]
}

function answerOf(ranges: readonly ByteRange[] | undefined, size: number, boundary: string): Answer {
  const type = { 'content-type': 'application/zip' }
  if (ranges === undefined)
    return { status: 200, headers: { ...type, 'content-length': String(size) }, pieces: [{ start: 0, end: size - 1 }] }
  const [only, ...others] = ranges
  if (only !== undefined && others.length === 0) {
    const length = { 'content-range': contentRange(only, size), 'content-length': String(lengthOf(only)) }
    return { status: 206, headers: { ...type, ...length }, pieces: [only] }
  }
  const pieces = ranges.flatMap((range): Piece[] => [
    `\r\n--${boundary}\r\ncontent-type: application/zip\r\ncontent-range: ${contentRange(range, size)}\r\n\r\n`,
    range,
  ])
  pieces.push(`\r\n--${boundary}--\r\n`)
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)
  const headers = {
    'content-type': `multipart/byteranges; boundary=${boundary}`,
    'content-length': String(length),
  }
  return { status: 206, headers, pieces }
}

function lengthOf(piece: Piece): number {
  return typeof piece === 'string' ? piece.length : piece.end - piece.start + 1
}

function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`
}

/** The right was asked for before the first piece; it is asked for again before each further one and within long ones. */
async function* send(
  path: string,
  pieces: readonly Piece[],
  mayGoOn: ReturnType<typeof askAgain>,
): AsyncIterable<Buffer> {
  for (const [number, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      yield Buffer.from(piece)
      continue
    }
    if (number > 1) await mayGoOn(0, true)
    for await (const chunk of createReadStream(path, piece) as AsyncIterable<Buffer>) {
      await mayGoOn(chunk.length)
      yield chunk
    }
  }
}
