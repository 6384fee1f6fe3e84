import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import test, { type TestContext } from 'node:test'
import pg from 'pg'
import { newId } from '#server/platform/new-id.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

async function openSession(t: TestContext, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  return client
}

function append(client: pg.Client, change: JsonObject, body = Buffer.from('{"content":{}}')): Promise<unknown> {
  const salt = randomBytes(32)
  const at = '2025-10-20T05:03:11.360Z'
  const header = {
    v: 1,
    id: newId(at),
    type: 'post.submitted',
    recordedAt: at,
    actor: '00000000-0000-0000-0000-000000000000',
    streams: {},
    bodyHash: hash('sha256', Buffer.concat([Buffer.of(2), salt, body]), 'hex'),
    retentionClass: 'us-bd-3y',
    ...change,
  }
  const name = 'append' // prepared once, as the service does: what the session remembers must not outlive a change
  const text = 'select archive.append_record($1, $2, $3)'
  return client.query({ name, text, values: [Buffer.from(canonicalJson(header)), salt, body] })
}

async function months(archive: TestArchive): Promise<Record<string, string>> {
  const owner = await archive.openOwner()
  const { rows } = await owner.query<{ id: string; month: string }>(
    `select r.id, to_char(r.dispose_month, 'YYYY-MM') as month from archive.archive_record r
      join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id`,
  )
  return Object.fromEntries(rows.map(({ id, month }) => [id, month]))
}

const id = (count: number) => `019a0000-0000-7000-8000-${String(count).padStart(12, '0')}`

test('A class that is lengthened holds for the next record of a session that appended before, and of nobody before it commits', async (t) => {
  const archive = await openArchive(t)
  const writer = await openSession(t, archive.database.serviceUrl)
  const officer = await openSession(t, archive.database.serviceUrl)
  await append(writer, { id: id(1) })
  await officer.query('begin')
  await officer.query("update archive.retention_class set years = 4 where name = 'us-bd-3y'")
  await append(officer, { id: id(2) })
  await append(writer, { id: id(3) })
  await officer.query('commit')
  await append(writer, { id: id(4) })
  await append(writer, { id: id(5), retentionClass: 'permanent' })
  const [short, long] = ['2028-11', '2029-11']
  assert.deepEqual(await months(archive), {
    [id(1)]: short,
    [id(2)]: long,
    [id(3)]: short,
    [id(4)]: long,
    [id(5)]: '9999-12',
  })
})

test('Two officers lengthen two classes at once: both terms hold', async (t) => {
  const archive = await openArchive(t)
  const officers = await Promise.all([1, 2].map(() => openSession(t, archive.database.serviceUrl)))
  await Promise.all(
    officers.map(async (officer, at) => {
      await officer.query('begin')
      await officer.query('update archive.retention_class set years = 9 where name = $1', [
        ['us-bd-3y', 'us-bd-6y'][at],
      ])
      await officer.query('commit')
    }),
  )
  const writer = await openSession(t, archive.database.serviceUrl)
  await append(writer, { id: id(1) })
  await append(writer, { id: id(2), retentionClass: 'us-bd-6y' })
  assert.deepEqual(await months(archive), { [id(1)]: '2034-11', [id(2)]: '2034-11' })
})

test('The term of a class is no longer or shorter than its table says, whoever tries to write the function (SEC-1)', async (t) => {
  const archive = await openArchive(t)
  const service = await openSession(t, archive.database.serviceUrl)
  const owner = await archive.openOwner()
  const rewrite =
    "create or replace function archive.class_years(class text) returns integer language sql immutable as 'select 1'"
  for (const client of [service, owner]) await assert.rejects(client.query(rewrite), { code: '42501' })
  await assert.rejects(service.query("select archive.class_years('us-bd-3y')"), { code: '42501' })
})

const refused: { name: string; change: JsonObject; body?: string; code: string }[] = [
  { name: 'no streams', change: { streams: null }, code: '23514' },
  { name: 'streams that are text', change: { streams: 'none' }, code: '22P02' },
  { name: 'streams that are a list', change: { streams: [] }, code: '22023' },
  { name: 'no id', change: { id: null }, code: '23514' },
  { name: 'an id of chance', change: { id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' }, code: '23514' },
  { name: 'no type', change: { type: null }, code: '23502' },
  { name: 'no class', change: { retentionClass: null }, code: '23514' },
  { name: 'a body that is a list', change: {}, body: '[]', code: '23514' },
  { name: 'a body that is no JSON', change: {}, body: '{"content":', code: '23514' },
  { name: 'a body with the character that text cannot hold', change: {}, body: '{"searchText":"a\\u0000b"}', code: '22P05' },
] // prettier-ignore

test('What has not the form of a record is refused, and nothing of it is kept', async (t) => {
  const archive = await openArchive(t)
  const writer = await openSession(t, archive.database.serviceUrl)
  for (const { name, change, body, code } of refused)
    await assert.rejects(append(writer, change, body === undefined ? undefined : Buffer.from(body)), { code }, name)
  assert.deepEqual(await months(archive), {})
  await append(writer, { id: id(1) }, Buffer.from('{"searchText":"a\\u0007b"}'))
  assert.deepEqual(Object.keys(await months(archive)), [id(1)], 'other characters that JSON escapes are no obstacle')
})
