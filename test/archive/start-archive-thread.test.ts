import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import test, { type TestContext } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { appendRecord } from '#server/archive/append-record.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { startArchiveThread, type ArchiveThread } from '#server/archive/start-archive-thread.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { systemActor } from '#server/platform/actor.ts'
import { systemClock } from '#server/platform/clock.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { inTransaction, openDatabase, openPool, type Db } from '#server/platform/database.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'

const origin = 'thread.test.example'
const { privateKey } = generateKeyPairSync('ed25519')
const signingKey = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

interface Started {
  readonly thread: ArchiveThread
  readonly db: Db
  readonly directory: string
  readonly logged: readonly string[]
}

async function start(t: TestContext, changes: { databaseUrl?: string } = {}): Promise<Started> {
  const database = await cloneDatabase(t)
  const directory = await mkdtemp(join(tmpdir(), 'archive-thread-'))
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  const db = openDatabase(openPool(database.serviceUrl, log, 4))
  const thread = startArchiveThread(
    {
      databaseUrl: database.serviceUrl,
      origin,
      signingKey,
      objectStore: { kind: 'directory', directory: join(directory, 'objects') },
      ...changes,
    },
    log,
  )
  t.after(async () => {
    await thread.stop()
    await db.destroy()
    await rm(directory, { recursive: true, force: true })
  })
  return { thread, db, directory, logged }
}

function append(db: Db, text: string): Promise<string> {
  const at = systemClock.now()
  return inTransaction(db, (tx) =>
    appendRecord(tx, systemActor, { type: 'post.submitted', at, streams: {}, body: { text }, searchText: text }),
  )
}

async function readSizes(db: Db): Promise<{ sealed: number; indexed: number }> {
  const { rows } = await sql<{ sealed: number; indexed: number }>`
    select coalesce(max(tree_size), 0) as sealed, (select indexed_size from archive.search_head) as indexed from archive.checkpoint`.execute(
    db,
  )
  return rows[0]!
}

test('The thread seals, indexes and verifies what the process appended, and the archive verifies', async (t) => {
  const { thread, db, directory, logged } = await start(t)
  await append(db, 'dividends')
  await append(db, 'returns')
  await thread.seal()
  assert.equal((await readSizes(db)).sealed, 2)
  await thread.verify()
  const { rows } = await sql<{ scope: string }>`select scope from archive.verification`.execute(db)
  assert.deepEqual(rows, [{ scope: 'full' }])
  await append(db, 'interest')
  const last = thread.seal()
  await Promise.all([thread.stop(), last])
  assert.deepEqual(await readSizes(db), { sealed: 4, indexed: 4 }, 'stopping waits for the round and its index')
  const objectStore = await openDirectoryObjectStore({ directory: join(directory, 'objects'), clock: systemClock })
  const checkpointSigner = createEd25519Signer(origin, signingKey)
  const { problems } = await verifyArchive({ db, clock: systemClock, objectStore, checkpointSigner }, { scope: 'full' })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    logged.filter((line) => (JSON.parse(line) as { level: number }).level >= 40),
    [],
  )
})

test('While the thread seals, the process answers: its event loop is never held up for long', async (t) => {
  const { thread, db } = await start(t)
  await thread.seal()
  await inTransaction(db, async (tx) => {
    const at = systemClock.now()
    for (let count = 0; count < 1_500; count++) {
      await appendRecord(tx, systemActor, { type: 'post.submitted', at, streams: {}, body: { count } })
    }
  })
  const before = performance.eventLoopUtilization()
  await thread.seal()
  // Sealing 1,500 records keeps the thread that does it busy; the process only waits for its answer.
  const { active } = performance.eventLoopUtilization(before)
  assert.ok(active < 100, `the process was busy for ${active.toFixed(0)} ms`)
  assert.equal((await readSizes(db)).sealed, 1_500)
})

test('A call fails with the reason, an outage of the database is known as one, and the next call works', async (t) => {
  const away = await start(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
  await assert.rejects(away.thread.seal(), isDatabaseAway)
  await assert.rejects(away.thread.seal(), isDatabaseAway)
  await away.thread.stop()
  await away.thread.seal() // does nothing any more
  assert.deepEqual(await readSizes(away.db), { sealed: 0, indexed: 0 })
})

test('A thread that cannot open its store says so, and another is started once that is cured', async (t) => {
  const { thread, db, directory } = await start(t)
  await append(db, 'dividends')
  await rm(directory, { recursive: true })
  await writeFile(directory, 'not a folder')
  await assert.rejects(thread.seal(), /object store/)
  await rm(directory)
  for (let tries = 0; tries < 20 && (await readSizes(db)).sealed === 0; tries++) {
    await thread.seal().catch((error: unknown) => assert.match(String(error), /object store|thread ended/))
  }
  assert.equal((await readSizes(db)).sealed, 1)
})
