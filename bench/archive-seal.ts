import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { startArchiveThread } from '#server/archive/start-archive-thread.ts'
import {
  judge,
  judgeHeadings,
  makeRecord,
  printTable,
  quantile,
  startBenchArchive,
  type BenchArchive,
} from './archive-fixture.ts'

/*
 * Records at a steady pace, and how long each waits from its commit until the object store has proved that it holds it. The
 * archive's thread seals once a second, as the gateway's jobs do, and indexes beside it.
 * To reach: p95 under 2 s at 500 records/s; at 2,000 records/s the sealer does not fall further and further behind.
 */

const seconds = Number(process.env['BENCH_SECONDS'] ?? 20)
const connections = 8

interface Run {
  readonly written: number
  readonly committedAt: Map<string, number>
  readonly sealedAt: Map<string, number>
  /** Records that waited for the sealer, looked at after every round. */
  readonly behind: number[]
  /** Sealed records that the index had not taken in when the last record was sealed. */
  unindexed: number
}

async function run(archive: BenchArchive, pace: number): Promise<Run> {
  const result: Run & { written: number } = {
    written: 0,
    committedAt: new Map(),
    sealedAt: new Map(),
    behind: [],
    unindexed: 0,
  }
  const stopped = new AbortController()
  const sealing = seal(archive, result, stopped.signal)
  const start = performance.now()
  await Promise.all(
    Array.from({ length: connections }, (_, at) => write(archive, result, pace / connections, start, at)),
  )
  result.written = result.committedAt.size
  result.behind.push(result.written - result.sealedAt.size)
  for (let tries = 0; tries < 300 && result.sealedAt.size < result.written; tries++) await wait(100)
  stopped.abort()
  await sealing
  return result
}

/** One connection's share of the pace, by the clock: a slow commit is caught up with, not forgotten. */
async function write(archive: BenchArchive, run: Run, pace: number, start: number, lane: number): Promise<void> {
  const client = new pg.Client({ connectionString: archive.serviceUrl })
  await client.connect()
  for (let count = 0; ; count++) {
    const due = start + ((count + lane / connections) * 1000) / pace
    if (due - start > seconds * 1000) break
    if (due > performance.now()) await wait(due - performance.now())
    if (performance.now() - start > seconds * 1000) break
    const record = makeRecord({
      author: randomUUID(),
      post: randomUUID(),
      unit: '019a0000-0000-7000-8000-0000000000f1',
      network: 'sandbox',
    })
    await client.query({
      name: 'append',
      text: 'select archive.append_record($1, $2, $3)',
      values: [record.header, record.salt, record.body],
    })
    run.committedAt.set((JSON.parse(record.header.toString('utf8')) as { id: string }).id, performance.now())
  }
  await client.end()
}

async function seal(archive: BenchArchive, run: Run, signal: AbortSignal): Promise<void> {
  let known = (await readSealedSize(archive)) ?? 0
  const thread = startArchiveThread(archive.thread, { debug() {}, info() {}, warn: console.warn, error: console.error })
  while (!signal.aborted) {
    const tick = performance.now()
    await thread.seal()
    const now = performance.now()
    const size = (await readSealedSize(archive)) ?? 0
    if (size > known) {
      const { rows } = await sql<{
        id: string
      }>`select record_id as id from archive.leaf where log_index >= ${known} and log_index < ${size}`.execute(
        archive.db,
      )
      for (const { id } of rows) run.sealedAt.set(id, now)
      known = size
    }
    run.behind.push(run.committedAt.size - run.sealedAt.size)
    await wait(Math.max(0, tick + 1000 - performance.now()))
  }
  run.unindexed = await readUnindexed(archive)
  await thread.stop()
}

async function readUnindexed(archive: BenchArchive): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from archive.leaf) - indexed_size as count from archive.search_head`.execute(archive.db)
  return rows[0]!.count
}

async function readSealedSize(archive: BenchArchive): Promise<number | null> {
  const { rows } = await sql<{ size: number | null }>`select max(tree_size) as size from archive.checkpoint`.execute(
    archive.db,
  )
  return rows[0]!.size
}

const rows: (string | number)[][] = []
const judged: (string | number)[][] = []
for (const pace of [500, 2000]) {
  const archive = await startBenchArchive()
  const { written, committedAt, sealedAt, behind, unindexed } = await run(archive, pace)
  const waits = [...sealedAt].flatMap(([id, at]) => (committedAt.has(id) ? [(at - committedAt.get(id)!) / 1000] : []))
  const half = Math.floor(behind.length / 2)
  const [first, second] = [quantile(behind.slice(0, half), 0.5), quantile(behind.slice(half), 0.5)]
  const p95 = quantile(waits, 0.95)
  rows.push([
    String(pace),
    Math.round(written / seconds),
    quantile(waits, 0.5).toFixed(2),
    p95.toFixed(2),
    Math.round(first),
    Math.round(second),
    written - waits.length,
    unindexed,
  ])
  if (pace === 500) judged.push(judge('commit → sealed at 500/s, p95 s', p95, 2, 'less'))
  else judged.push(judge('waiting at 2,000/s, 2nd half ÷ 1st half', second / Math.max(1, first), 1.5, 'less'))
  judged.push(judge(`written at ${pace}/s, of what was asked`, written / seconds / pace, 0.95, 'more'))
  await archive.stop()
}
printTable(
  ['asked /s', 'written /s', 'sealed p50 s', 'p95 s', 'waiting, 1st half', '2nd half', 'never sealed', 'not indexed'],
  rows,
)
console.log()
printTable(judgeHeadings, judged)
