import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { pino } from 'pino'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { keepPostgres } from '#server/embedded/keep-postgres.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { eventually } from '#test/support/gateway-process.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { clusterVariable, makeTemplate, runSql } from '#test/support/test-cluster.ts'

// The database's folder lies on a disk of its own, so small that the test can fill it: a tmpfs that only this process and
// its children see. The file therefore runs itself once more inside.
const diskVariable = 'GATEWAY_TEST_SMALL_DISK'
const disk = process.env[diskVariable]

// At the end of the file: the test's database is dropped before.
let stopPostgres: (() => Promise<void>) | undefined
after(() => stopPostgres?.())
const megabyte = 2 ** 20

if (disk === undefined) {
  test('A full disk of Postgres: see the same file on a small disk', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'small-disk-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const mount = 'mount -t tmpfs -o size=320m,mode=0700 none "$1" || exit 97; exec "$2" --test-reporter=spec "$3"'
    const words = ['-Urm', 'sh', '-c', mount, 'sh', folder, process.execPath, fileURLToPath(import.meta.url)]
    const { NODE_TEST_CONTEXT: _runner, [clusterVariable]: _cluster, ...environment } = process.env
    const env = { ...environment, [diskVariable]: folder }
    const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', env })
    if (status === 97 || (status !== 0 && stderr.startsWith('unshare:')))
      return t.skip(`no small disk on this machine: NOT tested (${stderr.trim()})`)
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, /ℹ pass 1/)
  })
} else {
  test('A full disk of Postgres is told as such, half of nothing is written, no acknowledged post is lost, and room cures it (SEC-1)', (t) =>
    surviveFullDisk(t, disk))
}

async function surviveFullDisk(t: TestContext, folder: string): Promise<void> {
  const settings = { max_wal_size: '48MB', min_wal_size: '32MB', shared_buffers: '16MB', max_connections: '40' }
  const log = pino({ level: 'error' }, { write: (line: string) => t.diagnostic(JSON.parse(line).msg) })
  const postgres = await keepPostgres({ directory: join(folder, 'postgres'), password: 'test', settings }, log)
  stopPostgres = () => postgres.stop()
  await makeTemplate(postgres)
  process.env[clusterVariable] = postgres.url('postgres')
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const writer = new Writer(camille, profileId)
  await submit(camille, profileId, 'The first.')
  await writer.write(3)
  assert.deepEqual(writer.counts(), { accepted: 3, refused: 0 })

  const ballast = await fillDisk(folder)
  await writer.writeUntilRefused()
  const [problem] = writer.problems
  assert.deepEqual([problem?.status, problem?.code, problem?.retryAfter], [503, 'database_unavailable', '5'])
  assert.match(problem?.detail ?? '', /no room left on its disk\. Nothing of this call was saved/)
  assert.ok(gateway.logLines.some((line) => JSON.parse(line).level === 50 && line.includes('make room')))
  const ready = await gateway.app.inject('/readyz')
  assert.equal(ready.json<{ checks: { database: { ok: boolean } } }>().checks.database.ok, true, 'reading goes on')
  await assertWhole(gateway, writer)

  // The write-ahead log needs its next segment: Postgres itself stops, and cannot start while the disk is full.
  await runSql(gateway.database.ownerUrl, 'select pg_switch_wal()').catch(() => undefined)
  await writer.write(20)
  await runSql(gateway.database.ownerUrl, 'select pg_switch_wal()').catch(() => undefined)
  await writer.write(3)
  assert.deepEqual(
    writer.problems.filter(({ status, code }) => status !== 503 || code !== 'database_unavailable'),
    [],
  )

  await ballast.free()
  await eventually(
    async () => {
      await writer.write(1)
      return writer.wasAccepted
    },
    (accepted) => accepted,
  )
  await assertWhole(gateway, writer)
  assert.equal((await sealOnce(gateway, { force: true })).state, 'sealed')
  assert.deepEqual((await verifyArchive(gateway, { scope: 'full' })).problems, [])
}

interface Refusal {
  readonly text: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly retryAfter: unknown
}

/** Submits posts, each with a text of its own, and remembers what was promised of each. */
class Writer {
  readonly accepted: string[] = []
  readonly problems: Refusal[] = []
  wasAccepted = false
  readonly #author: SignedIn
  readonly #profileId: string

  constructor(author: SignedIn, profileId: string) {
    this.#author = author
    this.#profileId = profileId
  }

  counts(): { accepted: number; refused: number } {
    return { accepted: this.accepted.length, refused: this.problems.length }
  }

  async write(posts: number): Promise<void> {
    for (let count = 0; count < posts; count++) {
      const text = `Post ${this.accepted.length + this.problems.length}. ${'A long story of a small firm. '.repeat(60)}`
      const answer = await this.#author.post('/api/posts', { text, profileIds: [this.#profileId], submit: true })
      this.wasAccepted = answer.statusCode === 201
      if (this.wasAccepted) this.accepted.push(text)
      else {
        const { code, detail } = answer.json<{ code: string; detail: string }>()
        this.problems.push({ text, status: answer.statusCode, code, detail, retryAfter: answer.headers['retry-after'] })
      }
    }
  }

  async writeUntilRefused(): Promise<void> {
    for (let rounds = 0; this.problems.length === 0; rounds++) {
      assert.ok(rounds < 400, 'the disk is full and everything is still accepted')
      await this.write(5)
    }
  }
}

/** Every accepted post is there; whatever is there is there whole: revision, verdict and the record of it. */
async function assertWhole(gateway: TestGateway, writer: Writer): Promise<void> {
  const { rows } = await sql<{ text: string; evaluations: number; records: number }>`
    select v.text, (select count(*) from policy_evaluation e where e.revision_id = v.id) as evaluations,
        (select count(*) from archive.tail() s where s.post_id = p.id) + (select count(*) from archive.search s where s.post_id = p.id) as records
      from post p left join post_revision v on v.post_id = p.id`.execute(gateway.db)
  const texts = new Set(rows.map(({ text }) => text))
  assert.deepEqual(
    writer.accepted.filter((text) => !texts.has(text)),
    [],
    'accepted and lost',
  )
  assert.deepEqual(
    writer.problems.filter(({ text, detail }) => detail.includes('Nothing of this call was saved') && texts.has(text)),
    [],
    'refused and saved',
  )
  assert.deepEqual(
    rows.filter(({ text, evaluations, records }) => text === null || evaluations < 1 || records < 1),
    [],
    'half written',
  )
}

interface Ballast {
  free(): Promise<void>
}

/** A file that takes all the room that there is, to the last block. */
async function fillDisk(folder: string): Promise<Ballast> {
  const path = join(folder, 'ballast')
  const file = await open(path, 'w')
  for (let size = megabyte; size >= 512;) {
    try {
      const { bytesWritten } = await file.write(Buffer.alloc(size, 1))
      if (bytesWritten < size) size /= 2
    } catch {
      size /= 2
    }
  }
  await file.close()
  return { free: () => rm(path) }
}
