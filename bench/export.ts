import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, createPrivateKey } from 'node:crypto'
import { mkdtemp, open, rm, stat, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createZstdCompress, constants } from 'node:zlib'
import pg from 'pg'
import { pino } from 'pino'
import { openLogSource } from '#server/exports/log-source.ts'
import { makePackage, type PackageRequest } from '#server/exports/make-package.ts'
import { proveRange } from '#server/exports/tree-range.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { systemClock } from '#server/platform/clock.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import { startTestCluster, templateDatabase } from '#test/support/test-cluster.ts'
import { judge, judgeHeadings, printTable } from './archive-fixture.ts'
import { generateLog } from './generated-log.ts'

/*
 * A million generated records exported with their proof, beside COPY TO of the same rows through zstd in the same run,
 * each in a process of its own. To reach: at least 0.5 of COPY with zstd; under 250 MB of memory, whatever the size; the
 * proof of a million headers made in under 2 s, and the headers verified in under 6 s.
 * `node bench/export.ts [records]`
 */
const origin = 'bench.example/tlog'

interface Step {
  readonly seconds: number
  /** Of the process itself, all threads; the database's comes on top. */
  readonly cpuSeconds: number
  readonly megabytes: number
  readonly bytes: number
}

const steps: Readonly<Record<string, (url: string, folder: string) => Promise<number>>> = {
  copy: copyThroughZstd,
  export: (url, folder) => writeExport(url, folder, null),
  'export of headers only': (url, folder) => writeExport(url, folder, 'nobody'),
  'range proof': readProof,
  verify: (_url, folder) => verify(join(folder, 'everything.zip')),
  'verify headers only': (_url, folder) => verify(join(folder, 'nobody.zip')),
}

/** What a plain database export costs: COPY in binary, zstd level 3, nothing proven. */
async function copyThroughZstd(url: string, folder: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  const file = await open(join(folder, 'copy.zst'), 'w')
  const written = (async () => {
    for await (const chunk of zstd) await file.write(chunk)
  })()
  await new Promise<void>((resolve, reject) => {
    const copy = {
      submit: (connection: { query(text: string): void }) =>
        connection.query(`copy (select l.log_index, r.header, b.salt, b.body from archive.leaf l
          join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
          join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
          order by l.log_index) to stdout (format binary)`),
      handleCopyData: (message: { chunk: Buffer }, connection: { stream: NodeJS.ReadableStream }) => {
        if (zstd.write(message.chunk) || connection.stream.isPaused()) return
        connection.stream.pause()
        zstd.once('drain', () => connection.stream.resume())
      },
      handleCommandComplete: () => {},
      handleReadyForQuery: () => resolve(),
      handleError: reject,
    }
    client.query(copy as unknown as pg.Submittable)
  })
  zstd.end()
  await written
  await file.close()
  await client.end()
  return (await stat(join(folder, 'copy.zst'))).size
}

async function writeExport(url: string, folder: string, author: string | null): Promise<number> {
  const log = pino({ level: 'silent' })
  const db = openDatabase(openPool(url, log, 4))
  const signer = createEd25519Signer(origin, await readFile(join(folder, 'key.pem'), 'utf8'))
  const file = await open(join(folder, `${author ?? 'everything'}.zip`), 'w')
  const row: PackageRequest = {
    query: author === null ? {} : { author },
    units: null,
    wholeLog: true,
    formats: ['jsonl'],
    exportId: '0190163d-8694-739b-aea5-966c26f8ad91',
    requestedBy: 'bench',
    requestedByName: 'Benchmark',
    requestedAt: '2026-11-21T10:00:00.000Z',
    startedAt: '2026-11-21T10:00:00.000Z',
    reason: 'Benchmark',
    recipient: null,
    timeZone: 'UTC',
    language: 'en',
  }
  const { size } = await makePackage(
    {
      db,
      clock: systemClock,
      config: { dataDirectory: folder },
      checkpointSigner: signer,
      objectStore: { get: async () => undefined },
    },
    row,
    file,
    async () => {},
  )
  await file.sync()
  await file.close()
  await db.destroy()
  return size
}

/** What completeness costs beside the headers themselves: the hashes at both edges, and those that name a place. */
async function readProof(url: string): Promise<number> {
  const db = openDatabase(openPool(url, pino({ level: 'silent' }), 4))
  const size = Number(process.argv[5])
  const source = openLogSource(db, size, null)
  const edges = await proveRange(source.readNode, { first: 0, end: size, size })
  for (let index = 0; index < Math.floor(size / 256); index += 1) await source.readNode(8, index)
  await db.destroy()
  return 32 * (edges.left.length + edges.right.length + Math.floor(size / 256))
}

async function verify(path: string): Promise<number> {
  const report = await verifyPackage(path)
  if (!report.ok) throw new Error(JSON.stringify(report.problems))
  return (await stat(path)).size
}

/** Runs one step in a process of its own, for its own memory. */
function runStep(name: string, url: string, folder: string, size: number): Step {
  const child = spawnSync(process.execPath, [import.meta.filename, name, url, folder, String(size)], {
    encoding: 'utf8',
  })
  if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
  const step: Step = JSON.parse(child.stdout)
  return step
}

async function main(size: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-export-'))
  const cluster = await startTestCluster()
  try {
    const url = cluster.ownerUrl.replace(/\/postgres(?=$|\?)/, `/${templateDatabase}`)
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const began = performance.now()
    await generateLog(url, size, createPrivateKey(await readFile(join(folder, 'key.pem'))), origin)
    console.log(`${size} records generated in ${seconds(performance.now() - began)} s`)
    const results = new Map(Object.keys(steps).map((name) => [name, runStep(name, url, folder, size)]))
    console.table(
      Object.fromEntries(
        [...results].map(([name, step]) => [
          name,
          {
            seconds: seconds(step.seconds * 1000),
            'CPU s': seconds(step.cpuSeconds * 1000),
            'peak MB': Math.round(step.megabytes),
            'MB written or read': Math.round(step.bytes / 1e6),
            'records/s': Math.round(size / step.seconds),
          },
        ]),
      ),
    )
    const of = (name: string): Step => results.get(name)!
    // The limits are for a million headers; below some, a process's start is all that is measured.
    const millions = Math.max(size / 1e6, 0.2)
    printTable(judgeHeadings, [
      judge('export with proof ÷ COPY with zstd', of('copy').seconds / of('export').seconds, 0.5, 'more'),
      judge('memory of the export, MB', of('export').megabytes, 250, 'less'),
      judge('range proof made, s', of('range proof').seconds, 2 * millions, 'less'),
      judge('headers verified, s', of('verify headers only').seconds, 6 * millions, 'less'),
    ])
  } finally {
    await cluster.stop({ keep: false })
    await rm(folder, { recursive: true, force: true })
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2)
}

const [name, url, folder] = process.argv.slice(2)
if (name !== undefined && url !== undefined && folder !== undefined) {
  const began = performance.now()
  const bytes = await steps[name]!(url, folder)
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  const step: Step = {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds,
    megabytes: process.resourceUsage().maxRSS / 1024,
    bytes,
  }
  process.stdout.write(JSON.stringify(step))
} else {
  await main(Number(name ?? 1_000_000))
}
