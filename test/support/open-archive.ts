import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pg from 'pg'
import { appendRecord, type RecordDraft } from '#server/archive/append-record.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import type { CheckpointSigner } from '#server/platform/checkpoint-signer.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { inTransaction, openDatabase, openPool, type Db } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { cloneDatabase, type TestDatabase } from '#test/support/clone-database.ts'
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts'

export interface TestArchive {
  readonly db: Db
  readonly clock: FakeClock
  readonly objectStore: ObjectStore
  readonly objectDirectory: string
  readonly checkpointSigner: CheckpointSigner
  readonly database: TestDatabase
  /** Appends one record in a transaction of its own and answers its id. */
  append(draft?: Partial<RecordDraft>, actor?: Actor): Promise<string>
  /** The same archive as a process that just started sees it: nothing remembered. */
  restart(changes?: Partial<Pick<TestArchive, 'objectStore' | 'checkpointSigner'>>): TestArchive
  /** A connection as the owner of the tables: the strongest hand inside the database. */
  openOwner(): Promise<pg.Client>
}

export const testOrigin = 'archive.test.example'
const silent = { warn: () => {} }
const { privateKey } = generateKeyPairSync('ed25519')

/** The key of the tests' log, as a setting holds it. */
export const testPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** A signer of the tests' log. */
export function testSigner(): CheckpointSigner {
  return createEd25519Signer(testOrigin, testPem)
}

/**
 * An archive of its own: a cloned database, a locked directory, a key and a clock that stands still. After the test the
 * verifier re-checks the whole log, unless the test says that it tampers with it.
 */
export async function openArchive(t: TestContext, options: { tampers?: boolean } = {}): Promise<TestArchive> {
  const database = await cloneDatabase(t)
  const directory = await mkdtemp(join(tmpdir(), 'archive-test-'))
  const clock = createFakeClock()
  const objectDirectory = join(directory, 'objects')
  const objectStore = await openDirectoryObjectStore({ directory: objectDirectory, clock })
  // A hook that fails keeps the later ones from running: what is open is closed by this one, whatever it finds.
  const open: (() => Promise<void>)[] = []
  const archive = assemble(open, { database, clock, objectStore, objectDirectory, checkpointSigner: testSigner() })
  t.after(async () => {
    try {
      if (options.tampers !== true) {
        const { problems } = await verifyArchive(archive, { scope: 'full' })
        assert.deepEqual(problems, [])
      }
    } finally {
      await Promise.all(open.map((close) => close()))
      await rm(directory, { recursive: true, force: true })
    }
  })
  return archive
}

type Parts = Pick<TestArchive, 'database' | 'clock' | 'objectStore' | 'objectDirectory' | 'checkpointSigner'>

function assemble(open: (() => Promise<void>)[], parts: Parts): TestArchive {
  const db = openDatabase(openPool(parts.database.serviceUrl, silent, 8))
  open.push(() => db.destroy())
  return {
    ...parts,
    db,
    append: (draft = {}, actor = systemActor) =>
      inTransaction(db, (tx) =>
        appendRecord(tx, actor, {
          type: 'session.started',
          at: parts.clock.now(),
          streams: {},
          body: { note: 'as it was' },
          ...draft,
        }),
      ),
    restart: (changes = {}) => assemble(open, { ...parts, ...changes }),
    openOwner: () => openOwner(open, parts.database.ownerUrl),
  }
}

async function openOwner(open: (() => Promise<void>)[], url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  open.push(() => client.end())
  return client
}
