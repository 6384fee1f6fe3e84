import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { judge, judgeHeadings, loadRecords, makeRecord, printTable, startBenchArchive } from './archive-fixture.ts'

/*
 * Full verification: every entry, body, tile and checkpoint of the bucket, and every row of the database against it.
 * To reach: 200,000 records/s on 2 cores, and memory that does not grow with the log: it is verified at a third of its size
 * as well. Both sizes together also give the rate without what a verification costs once: threads start, whose code is
 * compiled while they work (half a second of CPU each), which a log of ten million records does not notice and this one
 * does. `BENCH_RECORDS` sets the size.
 */

// As under `npm start` (require-node-24.cjs): the verification's threads find their code compiled.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const size = Number(process.env['BENCH_RECORDS'] ?? 300_000)
const perSeal = 5_000
const archive = await startBenchArchive({ fsync: 'off', synchronous_commit: 'off', shared_buffers: '1GB' })
const client = new pg.Client({ connectionString: archive.serviceUrl })
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await client.connect()
await owner.connect()
const units = Array.from({ length: 50 }, () => randomUUID())
let sealSeconds = 0

async function load(count: number): Promise<void> {
  for (let done = 0; done < count; done += perSeal) {
    for (let batch = 0; batch < perSeal; batch += 500) {
      const streams = (at: number) => ({
        author: units[at % 50]!,
        post: randomUUID(),
        unit: units[at % 7]!,
        network: 'sandbox',
      })
      await loadRecords(
        client,
        Array.from({ length: 500 }, (_, at) => makeRecord(streams(at))),
      )
    }
    const start = performance.now()
    await sealOnce(archive, { force: true })
    sealSeconds += (performance.now() - start) / 1000
  }
  await owner.query('vacuum analyze')
}

const rows: (string | number)[][] = []
/** Best seconds for each size. */
const best = new Map<number, number>()
const peaks: number[] = []
async function verify(): Promise<void> {
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { ok, problems, recordsChecked } = await verifyArchive(archive, { scope: 'full' })
  const elapsed = (performance.now() - start) / 1000
  const used = process.cpuUsage(cpu)
  clearInterval(watch)
  if (!ok) throw new Error(JSON.stringify(problems.slice(0, 3)))
  best.set(recordsChecked, Math.min(best.get(recordsChecked) ?? Infinity, elapsed))
  peaks.push(peak / 2 ** 20)
  rows.push([
    `verify (${((used.user + used.system) / 1e6).toFixed(1)} s of our CPU)`,
    recordsChecked,
    elapsed.toFixed(1),
    Math.round(recordsChecked / elapsed),
    `${Math.round(peak / 2 ** 20)} MB`,
  ])
}

await load(size / 3)
for (let round = 0; round < 2; round++) await verify()
await load((size * 2) / 3)
for (let round = 0; round < 3; round++) await verify()
const [[third, thirdSeconds], [whole, wholeSeconds]] = [...best] as [[number, number], [number, number]]
const furtherRate = (whole - third) / (wholeSeconds - thirdSeconds)
rows.push(['each further record', whole - third, (wholeSeconds - thirdSeconds).toFixed(1), Math.round(furtherRate), ''])
rows.push(['number, seal and index', size, sealSeconds.toFixed(1), Math.round(size / sealSeconds), ''])
printTable(['', 'records', 'seconds', 'records/s', 'peak memory'], rows)
console.log()
printTable(judgeHeadings, [
  judge('full verification, records/s', whole / wholeSeconds, 200_000, 'more'),
  judge('memory, whole log ÷ third of it', Math.max(...peaks.slice(2)) / Math.max(...peaks.slice(0, 2)), 1.5, 'less'),
  judge('number, seal and index, records/s', size / sealSeconds, 2_000, 'more'),
])
await client.end()
await owner.end()
await archive.stop()
