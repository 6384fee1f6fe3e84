import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { sql } from 'kysely'
import pg from 'pg'
import { readBucketLog } from '#server/archive/bucket-log.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { checkpointKey, entriesKey } from '#server/archive/object-keys.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import { appendLeaf, emptyFrontier, frontierRoot } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { openArchive, testSigner, type TestArchive } from '#test/support/open-archive.ts'

// What the other files of this folder do not attack; README.md lists which test proves which line.

const sealSome = async (archive: TestArchive, count: number) => {
  for (let at = 0; at < count; at += 1) await archive.append({ body: { note: `number ${at}` } })
  return sealOnce(archive, { force: true })
}
const kindsOf = async (archive: TestArchive) =>
  (await verifyArchive(archive, { scope: 'full' })).problems.map((found) => found.kind)

test('Two whole objects change places in the bucket: verification names both', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await sealSome(archive, 3)
  await sealSome(archive, 3)
  const [one, other] = [entriesKey(0, 3), entriesKey(3, 6)].map((key) => join(archive.objectDirectory, `${key}~`))
  await rename(one!, `${one!}.aside`)
  await rename(other!, one!)
  await rename(`${one!}.aside`, other!)
  const { problems } = await verifyArchive(archive, { scope: 'full' })
  assert.ok(
    problems.some(({ kind, logIndex }) => kind === 'bad_entry' && logIndex === 0),
    JSON.stringify(problems),
  )
  assert.ok(problems.some(({ logIndex }) => logIndex === 3))
})

test('A lock that somebody shortened or took away beside the object is named', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await sealSome(archive, 3)
  assert.deepEqual(await kindsOf(archive), [])
  const folder = join(archive.objectDirectory, `${entriesKey(0, 3)}~`)
  const lock = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.lock'))!,
  )
  // It was made longer since, and somebody put the first one back.
  const { key, versionId } = (await archive.objectStore.head(entriesKey(0, 3)))!
  const until = '9998-01-01T00:00:00.000Z'
  await sql`insert into archive.object_lock (key, version_id, retain_until, lengthened_at)
    values (${key}, ${versionId}, ${until}, ${archive.clock.now()})`.execute(archive.db)
  assert.deepEqual(await kindsOf(archive), ['lock_shortened'])
  await archive.objectStore.extend(key, versionId, until)
  assert.deepEqual(await kindsOf(archive), [])
  const text = await readFile(lock, 'utf8')
  await rm(lock)
  await writeFile(lock, text.replace(/"retainUntil":"\d{4}/, '"retainUntil":"2027'))
  assert.deepEqual(await kindsOf(archive), ['lock_shortened'])
  await rm(lock)
  assert.deepEqual(await kindsOf(archive), ['lock_lost'])
})

test('A transaction of another database in the cluster stays open: numbering does not wait for it', async (t) => {
  const archive = await openArchive(t)
  await sealSome(archive, 1)
  const elsewhere = await cloneDatabase(t)
  const client = new pg.Client({ connectionString: elsewhere.ownerUrl })
  await client.connect()
  t.after(() => client.end())
  await client.query('begin; select pg_current_xact_id()')
  await archive.append({ type: 'publication.released' })
  const { integrated, state } = await sealOnce(archive)
  assert.deepEqual([integrated, state], [1, 'sealed'])
})

test('A clock that jumps ahead destroys nothing early: the database goes by its own clock (GDPR-2)', async (t) => {
  const archive = await openArchive(t)
  await sql`select archive.make_partitions('2026-03-01', 1)`.execute(archive.db)
  const id = await archive.append()
  await sealOnce(archive, { force: true })
  archive.clock.set('2044-01-01T00:00:00.000Z')
  await assert.rejects(disposeRecords(archive), /has not ended/)
  archive.clock.set('2026-03-02T10:00:00.000Z')
  const { rows } = await sql<{
    there: boolean
  }>`select exists (select from archive.archive_body where id = ${id}) as there`.execute(archive.db)
  assert.equal(rows[0]?.there, true)
  assert.ok((await archive.objectStore.head(entriesKey(0, 1))) !== undefined)
})

test('A clock that jumped ahead and back leaves a log whose times never decrease, and it verifies', async (t) => {
  const archive = await openArchive(t)
  await sealSome(archive, 2)
  archive.clock.set('2030-01-01T00:00:00.000Z')
  await archive.append()
  await sealOnce(archive, { force: true })
  archive.clock.set('2026-03-02T10:00:00.000Z')
  await sealSome(archive, 2)
  const { rows } = await sql<{ rises: boolean }>`
    select bool_and(sealed_at >= before) as rises from (
      select sealed_at, lag(sealed_at, 1, sealed_at) over (order by log_index) as before from archive.leaf) l`.execute(
    archive.db,
  )
  assert.equal(rows[0]?.rises, true)
})

const stream = '019a0000-0000-7000-8000-0000000000a1'
const instant = (second: number) => `2026-03-02T09:00:${String(second).padStart(2, '0')}.000Z`

/** An entry as the sealer writes it, of a body that nobody looks for. */
function entryText(n: number, second: number, number = n): string {
  const id = `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`
  const header = `{"actor":"${stream}","bodyHash":"${'0'.repeat(64)}","id":"${id}","recordedAt":"${instant(0)}","retentionClass":"mifid-7y","streams":{"author":"${stream}"},"type":"session.started","v":1}`
  return `{"at":"${instant(second)}","h":${header},"n":${n},"sq":{"author":${number}}}`
}

/** Two seals of two entries each in a bucket of their own, made and signed by whoever has the key. */
async function forgeBucket(
  t: TestContext,
  { entries, ...second }: { entries: readonly string[]; size?: number; at?: string },
): Promise<ObjectStore> {
  const directory = await mkdtemp(join(tmpdir(), 'forged-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const store = await openDirectoryObjectStore({ directory, clock: createFakeClock() })
  const signer = testSigner()
  const frontier = emptyFrontier()
  for (const [first, said] of [
    [0, { at: instant(2) }],
    [2, { at: instant(4), ...second }],
  ] as const) {
    const lines = entries.slice(first, first + 2)
    for (const line of lines) appendLeaf(frontier, hashLeaf(utf8(line)))
    const text = formatCheckpoint({ origin: signer.name, size: first + 2, root: frontierRoot(frontier), ...said })
    const { publicKey } = parseVerifierKey(signer.verifierKey)
    const signature = formatSignature(signer.name, publicKey, await signer.sign(utf8(text)))
    await store.put(entriesKey(first, first + 2), zstdCompressSync(`${lines.join('\n')}\n`), '2030-01-01T00:00:00.000Z')
    await store.put(checkpointKey(first + 2), utf8(`${text}\n${signature}`), '2030-01-01T00:00:00.000Z')
  }
  return store
}

test('What whoever has the key signs over the true entries is held to their number, their times and their order', async (t) => {
  const honest = [entryText(0, 1), entryText(1, 2), entryText(2, 3), entryText(3, 4)]
  const forgeries: [string, Parameters<typeof forgeBucket>[1], string[], number][] = [
    ['nothing', { entries: honest }, [], 4],
    ['a checkpoint of another size', { entries: honest, size: 3 }, ['bad_checkpoint'], 2],
    ['a checkpoint before its predecessor', { entries: honest, at: instant(1) }, ['time_goes_back'], 4],
    ['a time that goes back in a seal', { entries: honest.with(3, entryText(3, 2)) }, ['bad_entry'], 2],
    ['a time that goes back between seals', { entries: honest.with(2, entryText(2, 1)) }, ['bad_entry'], 2],
    ['a stream with a gap', { entries: honest.with(3, entryText(3, 4, 7)) }, ['stream_gap'], 4],
  ]
  for (const [what, forgery, kinds, size] of forgeries) {
    const log = await readBucketLog(await forgeBucket(t, forgery), parseVerifierKey(testSigner().verifierKey))
    assert.deepEqual([log.problems.map(({ kind }) => kind), log.size], [kinds, size], what)
  }
})

const script = `
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDirectoryObjectStore } from ${JSON.stringify(new URL('../../src/server/archive/directory-object-store.ts', import.meta.url).href)}
const directory = process.argv[1]
const store = await openDirectoryObjectStore({ directory, clock: { now: () => '2026-03-02T09:00:00.000Z' } })
const until = '2027-01-01T00:00:00.000Z'
await store.put('first', Buffer.from('there before'), until)
await writeFile(join(directory, 'filler'), Buffer.alloc(240_000))
const large = Buffer.alloc(120_000, 'evidence ')
const failure = await store.put('large', large, until).catch((error) => error)
const during = { name: failure.name, retryable: failure.retryable, message: failure.message, first: String(await store.get('first')), large: await store.get('large') ?? null }
await rm(join(directory, 'filler'))
const stored = await store.put('large', large, until)
const listed = []
for await (const { key } of store.list('')) listed.push(key)
console.log(JSON.stringify({ during, size: stored.size, listed }))
`

test('The disk is full: the object store says that it can be retried, nothing half written is seen, and space cures it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'full-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'disk'))
  const mount = 'mount -t tmpfs -o size=300k none "$1" && exec "$2" --input-type=module --eval "$3" "$1"'
  const args = ['-Urm', 'sh', '-c', mount, 'sh', join(folder, 'disk'), process.execPath, script]
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', cwd: process.cwd() })
  if (status !== 0 && /unshare|mount/.test(stderr))
    return t.skip(`no small disk on this machine: NOT tested (${stderr.trim()})`)
  assert.equal(status, 0, stderr)
  const told = JSON.parse(stdout) as { during: Record<string, unknown>; size: number; listed: string[] }
  assert.equal(told.during['name'], 'ObjectStoreError')
  assert.equal(told.during['retryable'], true)
  assert.match(String(told.during['message']), /ENOSPC/)
  assert.equal(told.during['first'], 'there before')
  assert.equal(told.during['large'], null)
  assert.deepEqual([told.size, told.listed], [120_000, ['first', 'large']])
})
