import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { makeRecord, printTable, startBenchArchive } from './archive-fixture.ts'

/*
 * Full verification: every entry, body, tile and checkpoint of the bucket, and the database against it.
 * To reach: 200,000 records/s on 2 cores, memory flat.
 */

const size = Number(process.env['BENCH_RECORDS'] ?? 200_000)
const archive = await startBenchArchive({ fsync: 'off', synchronous_commit: 'off' })
const client = new pg.Client({ connectionString: archive.serviceUrl })
await client.connect()
const units = Array.from({ length: 50 }, () => randomUUID())
for (let count = 0; count < size; count += 500) {
  const batch = Array.from({ length: 500 }, (_, at) =>
    makeRecord({ author: units[at % 50]!, post: randomUUID(), unit: units[at % 7]!, network: 'sandbox' }),
  )
  await client.query(
    "select archive.append_record(decode(h, 'hex'), decode(s, 'hex'), decode(b, 'hex')) from unnest($1::text[], $2::text[], $3::text[]) as r (h, s, b)",
    [
      batch.map((record) => record.header.toString('hex')),
      batch.map((record) => record.salt.toString('hex')),
      batch.map((record) => record.body.toString('hex')),
    ],
  )
}
const sealStart = performance.now()
await sealOnce(archive, { force: true })
const sealSeconds = (performance.now() - sealStart) / 1000
await client.query('analyze')
await client.end()

const rows: (string | number)[][] = [
  ['number, index and seal', size, sealSeconds.toFixed(1), Math.round(size / sealSeconds), ''],
]
for (let round = 0; round < 3; round++) {
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = await verifyArchive(archive, { scope: 'full' })
  const elapsed = (performance.now() - start) / 1000
  const used = process.cpuUsage(cpu)
  clearInterval(watch)
  if (!result.ok) throw new Error(JSON.stringify(result.problems.slice(0, 3)))
  rows.push([
    `verify (${((used.user + used.system) / 1e6).toFixed(1)} s of our CPU)`,
    result.recordsChecked,
    elapsed.toFixed(1),
    Math.round(result.recordsChecked / elapsed),
    `${Math.round(peak / 2 ** 20)} MB`,
  ])
}
printTable(['', 'records', 'seconds', 'records/s', 'peak memory'], rows)
await archive.stop()
