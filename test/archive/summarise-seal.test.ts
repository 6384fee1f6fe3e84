import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { listBucket } from '#server/archive/bucket-listing.ts'
import { holdsStretch } from '#server/archive/compare-stretch.ts'
import { bodiesMonth, entriesKey, tileKey } from '#server/archive/object-keys.ts'
import { perfectRoots } from '#server/archive/perfect-roots.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { StreamCounts } from '#server/archive/stream-counts.ts'
import { summariseSeal, type SealBytes } from '#server/archive/summarise-seal.ts'
import { openSummariser } from '#server/archive/summarise-seals.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { inTransaction } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
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
  // The tiles from which others prove: one is exchanged for its neighbour, then it is gone.
  const [tile, other] = [tileKey(0, 1), tileKey(0, 0)].map((key) => join(archive.objectDirectory, `${key}~`))
  const findTile = async (how: RegExp) => {
    const [found, ...more] = (await verifyArchive(archive, { scope: 'full' })).problems
    assert.deepEqual([found?.kind, found?.logIndex, more], ['tile_differs', 256, []])
    assert.match(found!.sentence, how)
  }
  await rm(tile!, { recursive: true })
  await findTile(/"tile\/0\/001" is missing/)
  await cp(other!, tile!, { recursive: true })
  await findTile(/does not hold the hashes of its entries/)
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

/** An entry that says nothing else, or nearly, in a form that the sealer does not write. */
const otherForms: readonly (readonly [name: string, change: (line: string) => string])[] = [
  ['a space', (line) => line.replace('"v":1', '"v": 1')],
  ['another version', (line) => line.replace('"v":1', '"v":12')],
  ['a field too many', (line) => line.replace(',"v":1', ',"u":"x","v":1')],
  ['fields in another order', (line) => line.replace(/("type":"[^"]*"),("v":1)/, '$2,$1')],
  ['a field twice', (line) => line.replace('"actor":"', '"actor":"a","actor":"')],
  ['a field inside the actor', (line) => line.replace(/"actor":"[^"]{36}"/, `"actor":"a","x":"${'b'.repeat(28)}"`)],
  [
    'a stream twice',
    (line) => line.replace(/"streams":\{("[^,]*),/, '"streams":{$1,$1,').replace(/"sq":\{([^,]*),/, '"sq":{$1,$1,'),
  ],
  [
    'streams in another order',
    (line) =>
      line
        .replace(/"streams":\{([^,]*),([^,}]*)/, '"streams":{$2,$1')
        .replace(/"sq":\{([^,]*),([^,}]*)/, '"sq":{$2,$1'),
  ],
  ['a stream without a number', (line) => line.replace(/"sq":\{[^,]*,/, '"sq":{')],
  ['a number of no stream', (line) => line.replace(/\}\}$/, ',"user":0}}')],
  ['a number with a zero before it', (line) => line.replace('"n":7', '"n":07')],
  ['a number that is none', (line) => line.replace('"n":7', '"n":7e0')],
  ['another index', (line) => line.replace('"n":7', '"n":8')],
  ['an escaped letter', (line) => line.replace('"type":"s', '"type":"\\u0073')],
  ['a letter beyond ASCII', (line) => line.replace('"retentionClass":"', '"retentionClass":"é')],
  [
    'a hash in capitals',
    (line) => line.replace(/"bodyHash":"[^"]*"/, (hash) => hash.toUpperCase().replace('BODYHASH', 'bodyHash')),
  ],
  ['an hour that no day has', (line) => line.replace(/("recordedAt":"[^T]*T)../, '$125')],
  ['a day that no month has', (line) => line.replace(/("recordedAt":"....-)...../, '$102-30')],
  ['a time without its zone', (line) => line.replace(/("recordedAt":"[^"]*)Z/, '$10')],
  ['something behind it', (line) => `${line} `],
  ['no end', (line) => line.slice(0, -1)],
  ['nothing', () => ''],
]

test('An entry in any other form has no summary: it is read by whoever parses JSON', async (t) => {
  const archive = await openSealed(t, [20])
  const { bytes } = (await readSeals(archive))[0]!
  const lines = zstdDecompressSync(bytes.entries).toString('utf8').trimEnd().split('\n')
  const withLine = (line: string) => ({
    ...bytes,
    entries: zstdCompressSync(
      Buffer.from(
        lines
          .with(7, line)
          .map((each) => `${each}\n`)
          .join(''),
      ),
    ),
  })
  assert.notEqual(summariseSeal(withLine(lines[7]!)), undefined)
  for (const [name, change] of otherForms) {
    const line = change(lines[7]!)
    assert.notEqual(line, lines[7], name)
    assert.equal(summariseSeal(withLine(line)), undefined, name)
  }
})

test('A record whose header has another form is numbered, sealed and verified all the same', async (t) => {
  const archive = await openSealed(t, [5])
  const { rows } = await sql<{ header: Buffer; salt: Buffer; body: Buffer }>`
    select r.header, b.salt, b.body from archive.archive_record r join archive.archive_body b using (dispose_month, recorded_at, id)
      limit 1`.execute(archive.db)
  const { header, salt, body } = rows[0]!
  const id = newId(archive.clock.now())
  const other = Buffer.from(` ${header.toString().replace(/"id":"[^"]*"/, `"id": "${id}"`)} `)
  const retimed = Buffer.from(other.toString().replace(/"recordedAt":"[^"]*"/, `"recordedAt":"${archive.clock.now()}"`))
  await sql`select archive.append_record(${retimed}, ${salt}, ${body})`.execute(archive.db)
  await sealOnce(archive, { force: true })
  const seals = await readSeals(archive)
  assert.equal(summariseSeal(seals[1]!.bytes), undefined)
  const { problems, recordsChecked } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual({ problems, recordsChecked }, { problems: [], recordsChecked: 6 })
})

test('The numbers of many streams are counted, each without a gap', () => {
  const counts = new StreamCounts()
  const stream = (n: number, number: number): boolean => {
    const id = Buffer.from(`019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`)
    const at = { kindFrom: 0, kindTo: 0, listed: n % 2, column: -1, from: 0, to: id.length, number }
    return counts.take(id, at)
  }
  for (let round = 0; round < 3; round++)
    for (let n = 0; n < 2_000; n++) assert.ok(stream(n, n + round), `${n} the ${round}. time`)
  assert.equal(stream(5, 5 + 2), false, 'a number again')
  assert.equal(stream(6, 6 + 4), false, 'a gap')
  const list = counts.list()
  assert.equal(list.length, 2_000)
  assert.deepEqual(list[1_999], ['network 019a0000-0000-7000-8000-000000001999', 1_999, 3])
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
  const owner = await openTamperer(archive)
  for (const edit of edits) {
    const { rows: records } = await owner.query<{ id: string; header: Buffer }>(
      'select * from archive.archive_record where id = (select record_id from archive.leaf where log_index = 30)',
    )
    const { id } = records[0]!
    const kept = await keep(owner, [id])
    const { rowCount } = await owner.query(edit, [id])
    assert.equal(rowCount, 1, edit)
    assert.equal(await holdsStretch(archive.db, stretch!, months), false, edit)
    await kept.restore()
    assert.equal(await holdsStretch(archive.db, stretch!, months), true, `${edit}: and back`)
  }
})

/** What moves bytes between two rows that follow each other: $1 and $2 are their ids. */
const moves = [
  `update archive.archive_record r set header = case r.id when $1 then r.header || substr(n.header, 1, 1) else substr(n.header, 2) end
    from archive.archive_record n where n.id = $2 and r.id in ($1, $2)`,
  `update archive.leaf l set stream_sequence = case l.record_id when $1 then l.stream_sequence || E'\\n' || n.stream_sequence else '' end
    from archive.leaf n where n.record_id = $2 and l.record_id in ($1, $2)`,
  `update archive.leaf l set leaf_hash = case l.record_id when $1 then l.leaf_hash || substr(n.leaf_hash, 1, 1) else substr(n.leaf_hash, 2) end
    from archive.leaf n where n.record_id = $2 and l.record_id in ($1, $2)`,
  `update archive.archive_record r set type = case r.id when $1 then r.type || E'\\n' || n.type else '' end
    from archive.archive_record n where n.id = $2 and r.id in ($1, $2)`,
  `update archive.search s set profile_id = n.profile_id from archive.search n
    where (s.record_id, n.record_id) in (($1, $2), ($2, $1))`,
  `update archive.archive_body b set salt = n.salt, body = n.body from archive.archive_body n where (b.id, n.id) in (($1, $2), ($2, $1))`,
  `update archive.leaf l set log_index = -1 - n.log_index from archive.leaf n where (l.record_id, n.record_id) in (($1, $2), ($2, $1))`,
]

test('Nothing can be moved from one row into the next', async (t) => {
  const archive = await openSealed(t, [60])
  const { bytes, months } = (await readSeals(archive))[0]!
  const [stretch] = summariseSeal(bytes)!.stretches
  const owner = await openTamperer(archive)
  for (const name of ['leaf_index_not_negative', 'leaf_hash_size', 'leaf_record_once'])
    await owner.query(`alter table archive.leaf drop constraint ${name}`)
  const { rows } = await owner.query<{ ids: string[] }>(
    `select array[record_id, next_id] as ids from (
        select record_id, profile_id, lead(record_id) over in_order as next_id, lead(profile_id) over in_order as next_profile
          from archive.search window in_order as (order by recorded_at, record_id)
      ) pair where next_id is not null and (profile_id is null) <> (next_profile is null) limit 1`,
  )
  const [{ ids }] = rows as [{ ids: string[] }]
  for (const move of moves) {
    const kept = await keep(owner, ids)
    assert.equal((await owner.query(move.replaceAll('$1', `'${ids[0]}'`).replaceAll('$2', `'${ids[1]}'`))).rowCount, 2)
    await owner.query('update archive.leaf set log_index = -1 - log_index where log_index < 0')
    assert.equal(await holdsStretch(archive.db, stretch!, months), false, move)
    await kept.restore()
    assert.equal(await holdsStretch(archive.db, stretch!, months), true, `${move}: and back`)
  }
})

type Owner = Awaited<ReturnType<TestArchive['openOwner']>>

/** An owner whom no trigger stops. */
async function openTamperer(archive: TestArchive): Promise<Owner> {
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'; set session_replication_role = replica")
  const { rows } = await owner.query<{ name: string }>(
    "select tgrelid::regclass as name, tgname from pg_trigger g join pg_class c on c.oid = g.tgrelid where c.relnamespace = 'archive'::regnamespace and not tgisinternal",
  )
  for (const { name } of rows) await owner.query(`alter table ${name} disable trigger user`)
  return owner
}

/** The rows of some records, to put them back. */
async function keep(owner: Owner, ids: readonly string[]): Promise<{ restore(): Promise<void> }> {
  const tables = [
    ['archive.archive_record', 'id'],
    ['archive.archive_body', 'id'],
    ['archive.leaf', 'record_id'],
    ['archive.search', 'record_id'],
  ] as const
  const list = ids.map((id) => `'${id}'`).join()
  for (const [at, [table, column]] of tables.entries()) {
    await owner.query(`drop table if exists kept_${at}`)
    await owner.query(`create temp table kept_${at} as select * from ${table} where ${column} in (${list})`)
  }
  return {
    async restore() {
      for (const [at, [table, column]] of tables.entries()) {
        await owner.query(`delete from ${table} where ${column} in (${list})`)
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
