import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { parseRanges, type ByteRange } from './byte-range.ts'
import { requireExport } from './read-export.ts'
import { packagePath } from './run-export.ts'

export interface Download {
  readonly status: 200 | 206
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/**
 * The bytes of a finished package, whole or in ranges. That somebody downloads is committed as a record before the first
 * byte leaves. Throws `range_not_satisfiable`, `wrong_status` while it is being made, `gone` when the file was taken away.
 */
export async function downloadExport(
  deps: Pick<Deps, 'db' | 'clock' | 'config'>,
  actor: Actor,
  exportId: string,
  wish: { readonly range?: string | undefined; readonly ifRange?: string | undefined },
): Promise<Download> {
  const row = await requireExport(deps.db, actor, exportId)
  if (row.status !== 'completed')
    throw new AppError('wrong_status', `The export is ${row.status}; only a completed one can be downloaded.`)
  const path = packagePath(deps.config, exportId)
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  if (size === undefined || size !== row.size)
    throw new AppError('gone', 'The file of this export is no longer there. Ask for the export again.')
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
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-transform',
    'content-disposition': `attachment; filename="export-${exportId}.zip"`,
    etag,
  }
  return ranges === undefined ? whole(path, size, headers) : inRanges(path, size, headers, ranges)
}

function whole(path: string, size: number, headers: Record<string, string>): Download {
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'application/zip', 'content-length': String(size) },
    body: createReadStream(path),
  }
}

function inRanges(path: string, size: number, headers: Record<string, string>, ranges: readonly ByteRange[]): Download {
  const [only, ...others] = ranges
  if (only !== undefined && others.length === 0) {
    const range = {
      'content-type': 'application/zip',
      'content-range': contentRange(only, size),
      'content-length': String(only.end - only.start + 1),
    }
    return { status: 206, headers: { ...headers, ...range }, body: createReadStream(path, only) }
  }
  const boundary = `part-${headers['etag']!.slice(1, 33)}`
  const parts = ranges.map((range) => ({
    range,
    head: `\r\n--${boundary}\r\ncontent-type: application/zip\r\ncontent-range: ${contentRange(range, size)}\r\n\r\n`,
  }))
  const tail = `\r\n--${boundary}--\r\n`
  const length = parts.reduce((sum, { range, head }) => sum + head.length + range.end - range.start + 1, tail.length)
  const type = { 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': String(length) }
  return { status: 206, headers: { ...headers, ...type }, body: Readable.from(multipart(path, parts, tail)) }
}

async function* multipart(
  path: string,
  parts: readonly { range: ByteRange; head: string }[],
  tail: string,
): AsyncIterable<Buffer> {
  for (const { range, head } of parts) {
    yield Buffer.from(head)
    yield* createReadStream(path, range) as AsyncIterable<Buffer>
  }
  yield Buffer.from(tail)
}

function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`
}
