import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { listBucket } from '#server/archive/bucket-listing.ts'
import { holdsStretch } from '#server/archive/compare-stretch.ts'
import { bodiesMonth, entriesKey } from '#server/archive/object-keys.ts'
import { perfectRoots } from '#server/archive/perfect-roots.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { summariseSeal, type SealBytes } from '#server/archive/summarise-seal.ts'
import { openSummariser } from '#server/archive/summarise-seals.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { inTransaction } from '#server/platform/database.ts'
import { perfectRoot } from '#shared/tlog/frontier.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

const person = (n: number) => `019a0000-0000-7000-8000-0000000000a${n}`

/** Seals of uneven sizes across the borders of tiles, of two retention classes, with all that a record can carry. */
async function openSealed(t: TestContext, sizes: readonly number[]): Promise<TestArchive> {
  const archive = await openArchive(t, { tampers: true })
  let number = 0
  for (const size of sizes) {
    await inTransaction(archive.db, async (tx) => {
      for (let count = 0; count < size; count++, number++) {
        await appendRecord(tx, systemActor, {
          type: number % 3 === 0 ? 'post.submitted' : 'session.started',
          at: archive.clock.now(),
          streams: {
            author: person(number % 4),
            unit: number % 2 === 0 ? person(9) : undefined,
            network: number % 5 === 0 ? 'sandbox' : undefined,
            profile: number % 7 === 0 ? person(8) : undefined,
            post: person(number % 6),
          },
          body: { text: `Nº ${number} “quoted” \\ \u0001 ${'é'.repeat(number % 50)}` },
          searchText: `number ${number}`,
          verdict: number % 3 === 0 ? 'review' : undefined,
          retentionClass: number % 2 === 0 ? 'pharma' : undefined,
        })
        if (number % 10 === 0) archive.clock.advance(3)
      }
    })
    await sealOnce(archive, { force: true })
  }
  return archive
}

async function readSeals(archive: TestArchive): Promise<{ bytes: SealBytes; months: string[] }[]> {
  const source = await listBucket(archive.objectStore)
  return Promise.all(
    source.seals.map(async ({ firstIndex, treeSize }) => {
      const keys = source.bodyKeys.get(treeSize) ?? []
      const entries = (await source.read(entriesKey(firstIndex, treeSize)))!
      const bodies = await Promise.all(keys.map(async (key) => (await source.read(key))!))
      return { bytes: { firstIndex, treeSize, entries, bodies }, months: keys.map((key) => bodiesMonth(key)!.month) }
    }),
  )
}

test('A seal is recomputed in one pass over its bytes, alike in this process and in threads, and the database holds it', async (t) => {
  const archive = await openSealed(t, [100, 380, 1, 300])
  const seals = await readSeals(archive)
  const summaries = seals.map(({ bytes }) => summariseSeal(bytes))
  assert.deepEqual(
    summaries.map((summary) => summary!.leaves.length / 32),
    [100, 380, 1, 300],
  )
  const { rows } = await sql<{ hash: Buffer }>`select leaf_hash as hash from archive.leaf order by log_index`.execute(
    archive.db,
  )
  assert.ok(
    Buffer.concat(summaries.map((summary) => summary!.leaves)).equals(Buffer.concat(rows.map((row) => row.hash))),
  )
  for (const [at, { months }] of seals.entries()) {
    for (const stretch of summaries[at]!.stretches) assert.ok(await holdsStretch(archive.db, stretch, months))
  }
  const threads = openSummariser(1e6)
  t.after(() => threads.close())
  assert.ok(threads.lanes >= 1)
  const byThreads = await Promise.all(seals.map(({ bytes }) => threads.summarise([bytes])))
  assert.deepEqual(
    byThreads.flat().map((summary) => ({ ...summary, leaves: Buffer.from(summary!.leaves) })),
    summaries.map((summary) => ({ ...summary, leaves: Buffer.from(summary!.leaves) })),
  )
  const { problems, recordsChecked } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual({ problems, recordsChecked }, { problems: [], recordsChecked: 781 })
})

test('However small the seals are, only so many files are read at once, and each is verified', async (t) => {
  const archive = await openSealed(
    t,
    Array.from({ length: 100 }, () => 1),
  )
  let [open, most] = [0, 0]
  const get = async (key: string, version?: string): Promise<Uint8Array | undefined> => {
    most = Math.max(most, ++open)
    return archive.objectStore.get(key, version).finally(() => open--)
  }
  const objectStore = new Proxy(archive.objectStore, {
    get: (store, name) => (name === 'get' ? get : Reflect.get(store, name).bind(store)),
  })
  const { problems, recordsChecked } = await verifyArchive({ ...archive, objectStore }, { scope: 'full' })
  assert.deepEqual({ problems, recordsChecked }, { problems: [], recordsChecked: 100 })
  assert.ok(most > 1 && most <= 150, `${most} at once`)
})

test('The roots of complete tiles are those of RFC 6962, wherever a stretch begins', () => {
  const leaves = Buffer.from(Array.from({ length: 32 * 700 }, (_, at) => (at * 31 + (at >> 8)) % 256))
  const hashes = Array.from({ length: 700 }, (_, at) => leaves.subarray(32 * at, 32 * at + 32))
  assert.deepEqual(
    Buffer.from(perfectRoots(leaves, 512)),
    Buffer.concat([perfectRoot(hashes.slice(0, 256)), perfectRoot(hashes.slice(256, 512))]),
  )
  assert.deepEqual(
    Buffer.from(perfectRoots(leaves, 200)),
    Buffer.concat([perfectRoot(hashes.slice(56, 312)), perfectRoot(hashes.slice(312, 568))]),
  )
  assert.equal(perfectRoots(leaves.subarray(0, 32 * 255), 1).length, 0)
})

test('Whatever byte of a seal changes, its summary is another or none', async (t) => {
  const archive = await openSealed(t, [40])
  const { bytes } = (await readSeals(archive))[0]!
  const honest = summariseSeal(bytes)!
  const flip = (packed: Uint8Array, at: number): Uint8Array => {
    const plain = zstdDecompressSync(packed)
    plain[at % plain.length]! ^= 1 + (at % 7)
    return zstdCompressSync(plain)
  }
  for (let at = 0; at < 3_000; at += 7) {
    const entries = summariseSeal({ ...bytes, entries: flip(bytes.entries, at) })
    assert.ok(entries === undefined || !Buffer.from(entries.leaves).equals(honest.leaves), `byte ${at} of the entries`)
    const [first, ...others] = bytes.bodies
    const changed = summariseSeal({ ...bytes, bodies: [flip(first!, at), ...others] })
    assert.equal(changed, undefined, `byte ${at} of the bodies`)
  }
  assert.equal(summariseSeal({ ...bytes, entries: bytes.entries.subarray(0, 50) }), undefined)
  assert.deepEqual(
    summariseSeal({ ...bytes, bodies: [] })!.missing,
    Array.from({ length: 40 }, (_, at) => at),
  )
  assert.equal(summariseSeal({ ...bytes, bodies: [...bytes.bodies, bytes.bodies[0]!] }), undefined, 'bodies twice')
  assert.equal(summariseSeal({ ...bytes, treeSize: 41 }), undefined)
  assert.equal(summariseSeal({ ...bytes, firstIndex: 1, treeSize: 41 }), undefined)
})

const edits = [
  "update archive.archive_body set body = body || 'x' where id = $1",
  'update archive.archive_body set salt = sha256(salt) where id = $1',
  'delete from archive.archive_body where id = $1',
  "update archive.archive_record set header = header || ' ' where id = $1",
  "update archive.archive_record set type = 'stop.engaged' where id = $1",
  "update archive.archive_record set retention_class = 'permanent' where id = $1",
  "update archive.leaf set stream_sequence = '{}' where record_id = $1",
  "update archive.leaf set sealed_at = sealed_at + interval '1 ms' where record_id = $1",
  'update archive.leaf set leaf_hash = sha256(leaf_hash) where record_id = $1',
  "update archive.search set type = 'stop.engaged' where record_id = $1",
  'update archive.search set author_id = record_id where record_id = $1',
  'update archive.search set unit_id = record_id where record_id = $1',
  'update archive.search set profile_id = record_id where record_id = $1',
  'update archive.search set post_id = null where record_id = $1',
  'delete from archive.search where record_id = $1',
  'delete from archive.archive_record where id = $1',
  'delete from archive.leaf where record_id = $1',
]

test('Whatever of the database changes, it no longer holds the stretch', async (t) => {
  const archive = await openSealed(t, [60])
  const { bytes, months } = (await readSeals(archive))[0]!
  const [stretch] = summariseSeal(bytes)!.stretches
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'; set session_replication_role = replica")
  const { rows } = await owner.query<{ name: string }>(
    "select tgrelid::regclass as name, tgname from pg_trigger g join pg_class c on c.oid = g.tgrelid where c.relnamespace = 'archive'::regnamespace and not tgisinternal",
  )
  for (const { name } of rows) await owner.query(`alter table ${name} disable trigger user`)
  for (const edit of edits) {
    const { rows: records } = await owner.query<{ id: string; header: Buffer }>(
      'select * from archive.archive_record where id = (select record_id from archive.leaf where log_index = 30)',
    )
    const { id } = records[0]!
    const kept = await keep(owner, id)
    const { rowCount } = await owner.query(edit, [id])
    assert.equal(rowCount, 1, edit)
    assert.equal(await holdsStretch(archive.db, stretch!, months), false, edit)
    await kept.restore()
    assert.equal(await holdsStretch(archive.db, stretch!, months), true, `${edit}: and back`)
  }
})

type Owner = Awaited<ReturnType<TestArchive['openOwner']>>

/** The rows of one record, to put them back. */
async function keep(owner: Owner, id: string): Promise<{ restore(): Promise<void> }> {
  const tables = [
    ['archive.archive_record', 'id'],
    ['archive.archive_body', 'id'],
    ['archive.leaf', 'record_id'],
    ['archive.search', 'record_id'],
  ] as const
  for (const [at, [table, column]] of tables.entries()) {
    await owner.query(`drop table if exists kept_${at}`)
    await owner.query(`create temp table kept_${at} as select * from ${table} where ${column} = '${id}'`)
  }
  return {
    async restore() {
      for (const [at, [table, column]] of tables.entries()) {
        await owner.query(`delete from ${table} where ${column} = '${id}'`)
        const overriding = table === 'archive.archive_record' ? 'overriding system value' : ''
        const { rows } = await owner.query<{ names: string }>(
          `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped`,
        )
        await owner.query(
          `insert into ${table} (${rows[0]!.names}) ${overriding} select ${rows[0]!.names} from kept_${at}`,
        )
      }
    },
  }
}
