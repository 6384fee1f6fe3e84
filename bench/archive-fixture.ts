import { generateKeyPairSync, hash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type { ArchiveThreadSettings } from '#server/archive/archive-thread.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { startPostgres } from '#server/embedded/start-postgres.ts'
import type { CheckpointSigner } from '#server/platform/checkpoint-signer.ts'
import { systemClock } from '#server/platform/clock.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { openDatabase, openPool, type Db } from '#server/platform/database.ts'
import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import { newId } from '#server/platform/new-id.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { canonicalJson } from '#shared/canonical-json.ts'

export interface BenchArchive {
  readonly db: Db
  readonly clock: typeof systemClock
  readonly objectStore: ObjectStore
  readonly checkpointSigner: CheckpointSigner
  readonly ownerUrl: string
  readonly serviceUrl: string
  /** Postgres itself; what works for it are its children. */
  readonly postgresId: number
  /** What the archive's thread needs to seal this archive. */
  readonly thread: ArchiveThreadSettings
  stop(): Promise<void>
}

const origin = 'bench.example/tlog'

/** A fresh Postgres that syncs to disk, migrated, with a locked directory beside it. */
export async function startBenchArchive(settings: Record<string, string> = {}): Promise<BenchArchive> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-archive-'))
  const postgres = await startPostgres({
    directory: join(directory, 'postgres'),
    password: 'bench',
    settings: { shared_buffers: '256MB', max_wal_size: '2GB', max_connections: '80', ...settings },
  })
  const ownerUrl = postgres.url('postgres')
  await migrate(ownerUrl)
  await grantServiceLogin(ownerUrl, 'bench_service', 'bench')
  const service = new URL(ownerUrl)
  service.username = 'bench_service'
  service.password = 'bench'
  const db = openDatabase(openPool(service.href, { warn: () => {} }, 10))
  const signingKey = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const objects = join(directory, 'objects')
  return {
    db,
    clock: systemClock,
    objectStore: await openDirectoryObjectStore({ directory: objects, clock: systemClock }),
    checkpointSigner: createEd25519Signer(origin, signingKey),
    ownerUrl,
    serviceUrl: service.href,
    postgresId: postgres.processId,
    thread: {
      databaseUrl: service.href,
      origin,
      signingKey,
      objectStore: { kind: 'directory', directory: objects },
    },
    async stop() {
      await db.destroy()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const syllables = 'ba ce di fo gu la me ni ro su ta ve xi zo pra cle dri sto flu gre'.split(' ')
const vocabulary = Array.from({ length: 20_000 }, (_, at) => {
  const parts = [at % 20, Math.floor(at / 20) % 20, Math.floor(at / 400) % 20, Math.floor(at / 8000)]
  return parts.map((part) => syllables[part]).join('')
})

/** Words as frequent as words are: few are everywhere, most are rare. */
export function makeText(words: number): string {
  return Array.from({ length: words }, () => vocabulary[Math.floor(20_000 * Math.random() ** 3)]).join(' ')
}

export interface MadeRecord {
  readonly header: Buffer
  readonly salt: Buffer
  readonly body: Buffer
}

/** Header and body of one submission: about 350 and 1,500 bytes, 300 characters of them searchable. */
export function makeRecord(streams: Record<string, string>, at = systemClock.now()): MadeRecord {
  const searchText = makeText(40)
  const salt = randomBytes(32)
  const body = Buffer.from(canonicalJson({
    actor: { kind: 'user', userId: streams['author']!, displayName: 'Camille Laurent' },
    content: { text: searchText, contentHash: randomBytes(32).toString('hex'), request: randomBytes(300).toString('base64') },
    language: 'en',
    searchText,
  })) // prettier-ignore
  const header = Buffer.from(canonicalJson({
    v: 1, id: newId(at), type: 'post.submitted', recordedAt: at, actor: streams['author']!, streams, verdict: 'pass',
    bodyHash: hash('sha256', Buffer.concat([Buffer.of(2), salt, body]), 'hex'), retentionClass: 'mifid-7y',
  })) // prettier-ignore
  return { header, salt, body }
}

/** Appends records many to a statement, as no use case does: a loader in a hurry. */
export async function loadRecords(client: pg.Client, records: readonly MadeRecord[]): Promise<void> {
  await client.query(
    'select archive.append_record(r.header, r.salt, r.body) from unnest($1::bytea[], $2::bytea[], $3::bytea[]) as r (header, salt, body)',
    [records.map(({ header }) => header), records.map(({ salt }) => salt), records.map(({ body }) => body)],
  )
}

/** A figure beside its limit: above 1.00 it is reached, whichever way it is better. One that is missed fails the benchmark. */
export function judge(name: string, reached: number, limit: number, better: 'more' | 'less'): (string | number)[] {
  const ratio = better === 'more' ? reached / limit : limit / reached
  if (!(ratio >= 1)) process.exitCode = 1
  return [
    name,
    reached.toLocaleString('en', { maximumFractionDigits: 2 }),
    `${better === 'more' ? '≥' : '≤'} ${limit.toLocaleString('en')}`,
    ratio.toFixed(2),
    ratio >= 1 ? 'reached' : 'MISSED',
  ]
}

export const judgeHeadings = ['figure', 'reached', 'limit', 'ratio', ''] as const

/** Prints rows under headings, numbers to the right. */
export function printTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [
    headings,
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell))),
  ]
  const widths = headings.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  for (const row of cells)
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '))
}

/** The value below which the given share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
