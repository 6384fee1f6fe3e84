import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import test, { type TestContext } from 'node:test'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import { emptyFrontier, appendLeaf, frontierRoot } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

const evidence = [
  'archive_record',
  'archive_body',
  'leaf',
  'tile',
  'integration',
  'seal',
  'checkpoint',
  'object',
  'verification',
  'log',
  'disposition',
  'destroyed_object',
  'anchor',
  'object_lock',
  'locked_term',
  'directory',
]

async function openService(t: TestContext, archive: TestArchive): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: archive.database.serviceUrl })
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  return client
}

async function openSealed(t: TestContext): Promise<TestArchive> {
  const archive = await openArchive(t)
  await archive.append({ type: 'post.submitted', body: { text: 'as it was' } })
  await archive.append({ type: 'post.submitted', body: { text: 'as it was too' } })
  await sealOnce(archive)
  return archive
}

async function refusal(client: pg.Client, statement: string, parameters: unknown[] = []): Promise<string> {
  try {
    await client.query(statement, parameters)
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error)
  }
  return 'allowed'
}

test('The service may not update, delete, truncate or slip in evidence, in any table (SEC-1)', async (t) => {
  const archive = await openSealed(t)
  const client = await openService(t, archive)
  for (const table of evidence) {
    for (const statement of [
      `delete from archive.${table}`,
      `truncate archive.${table}`,
      `truncate archive.${table} cascade`,
    ]) {
      assert.equal(await refusal(client, statement), '42501', statement)
    }
    const { rows } = await client.query(
      "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and attgenerated = '' and attidentity = ''",
      [`archive.${table}`],
    )
    for (const { attname } of rows) {
      const statement = `update archive.${table} set ${attname} = ${attname}`
      assert.equal(await refusal(client, statement), '42501', statement)
    }
    assert.equal(await refusal(client, `select * from archive.${table} for update`), '42501')
  }
})

const serviceTricks: { name: string; statement: string; code: string }[] = [
  {
    name: 'an insert past the checking function',
    statement:
      "insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header) values (now(), gen_random_uuid(), 'x', 'x', now(), '\\x7b7d')",
    code: '42501',
  },
  {
    name: 'a number of its own for a record',
    statement:
      "insert into archive.archive_record (recorded_at, id, seq, xid, type, retention_class, dispose_month, header) overriding system value values (now(), gen_random_uuid(), 1, '5', 'x', 'x', now(), '\\x7b7d')",
    code: '42501',
  },
  {
    name: 'a body past the checking function',
    statement: "insert into archive.archive_body values (now(), now(), gen_random_uuid(), '\\x00', '\\x00')",
    code: '42501',
  },
  {
    name: 'an insert that turns into an update',
    statement:
      'insert into archive.leaf select * from archive.leaf on conflict (log_index) do update set leaf_hash = excluded.leaf_hash',
    code: '42501',
  },
  {
    name: 'a merge',
    statement: 'merge into archive.leaf l using archive.leaf s on l.log_index = s.log_index when matched then delete',
    code: '42501',
  },
  { name: 'a copy', statement: 'copy archive.archive_record from stdin', code: '42501' },
  { name: 'a write to one partition', statement: 'delete from archive.archive_record_default', code: '42501' },
  { name: 'truncating one partition', statement: 'truncate archive.archive_record_default', code: '42501' },
  {
    name: 'detaching a partition',
    statement: 'alter table archive.archive_record detach partition archive.archive_record_default',
    code: '42501',
  },
  { name: 'dropping a table', statement: 'drop table archive.leaf', code: '42501' },
  {
    name: 'rewriting a column',
    statement: "alter table archive.archive_body alter column body type bytea using '\\x00'",
    code: '42501',
  },
  { name: 'disabling triggers', statement: 'alter table archive.leaf disable trigger all', code: '42501' },
  { name: 'playing replica', statement: 'set session_replication_role = replica', code: '42501' },
  { name: 'a rule', statement: 'create rule r as on insert to archive.leaf do instead nothing', code: '42501' },
  {
    name: 'a trigger',
    statement: 'create trigger x before insert on archive.leaf for each row execute function archive.refuse()',
    code: '42501',
  },
  {
    name: 'another append function',
    statement: "create function archive.append_record(text) returns void language sql as ''",
    code: '42501',
  },
  { name: "the owner's role", statement: 'set role gateway_owner', code: '42501' },
  { name: 'a shorter retention', statement: 'update archive.retention_class set years = 1', code: '23514' },
  {
    name: 'a search row of its own',
    statement:
      "insert into archive.search (recorded_at, record_id, type, actor_id, retention_class, excerpt) values (now(), gen_random_uuid(), 'x', gen_random_uuid(), 'x', '')",
    code: '42501',
  },
  { name: 'deleting from the search', statement: 'delete from archive.search', code: '42501' },
  {
    name: 'the setting of a migration',
    statement: "do $$ begin perform set_config('gateway.migration', 'on', true); delete from archive.leaf; end $$",
    code: '42501',
  },
]

test('The service is refused every trick with tables, partitions, rules, triggers, grants and settings', async (t) => {
  const archive = await openSealed(t)
  const client = await openService(t, archive)
  for (const { name, statement, code } of serviceTricks) assert.equal(await refusal(client, statement), code, name)
  // Postgres answers a grant without the right to grant with a warning, and grants nothing.
  await client.query('grant delete on archive.leaf to gateway_service')
  assert.equal(await refusal(client, 'delete from archive.leaf'), '42501')
})

test('The checking function takes no body, time, id or class but the right one', async (t) => {
  const archive = await openSealed(t)
  const client = await openService(t, archive)
  const salt = randomBytes(32)
  const body = Buffer.from('{"content":{}}')
  const bodyHash = hash('sha256', Buffer.concat([Buffer.of(2), salt, body]), 'hex')
  const right = {
    v: 1,
    id: '019a0000-0000-7000-8000-000000000001',
    type: 'post.submitted',
    recordedAt: '2025-10-20T05:03:11.360Z',
    actor: '00000000-0000-0000-0000-000000000000',
    streams: {},
    bodyHash,
    retentionClass: 'mifid-7y',
  }
  const append = (change: object, as = salt) =>
    refusal(client, 'select archive.append_record($1, $2, $3)', [
      Buffer.from(canonicalJson({ ...right, ...change })),
      as,
      body,
    ])
  assert.equal(await append({ bodyHash: '00'.repeat(32) }), '23514')
  assert.equal(await append({}, randomBytes(32)), '23514')
  assert.equal(await append({ recordedAt: '2025-10-20T05:03:11.361Z' }), '23514')
  assert.equal(await append({ id: '019a0000-0001-7000-8000-000000000001' }), '23514')
  assert.equal(await append({ retentionClass: 'soon' }), '23514')
  assert.equal(await append({ padding: 'x'.repeat(3000) }), '23514')
  assert.equal(await append({ actor: 'somebody' }), '22P02')
  assert.equal(await append({ streams: { unit: 'Paris' } }), '22P02', 'what cannot be indexed later is refused now')
  assert.equal(await append({}), 'allowed')
  assert.equal(await append({}), '23505', 'the same record twice')
})

test('The owner of the tables is refused every change by triggers, as a replica and in single partitions too (SEC-1)', async (t) => {
  const archive = await openSealed(t)
  const owner = await archive.openOwner()
  for (const role of ['origin', 'replica', 'local']) {
    await owner.query(`set session_replication_role = ${role}`)
    for (const table of ['archive_record', 'archive_body', 'leaf', 'integration', 'seal', 'checkpoint', 'object']) {
      const { rows } = await owner.query(
        'select attname from pg_attribute where attrelid = $1::regclass and attnum = 1',
        [`archive.${table}`],
      )
      const column = rows[0].attname as string
      assert.equal(
        await refusal(owner, `update archive.${table} set ${column} = ${column}`),
        '42501',
        `${role}: update ${table}`,
      )
      for (const statement of [`delete from archive.${table}`, `truncate archive.${table} cascade`])
        assert.equal(await refusal(owner, statement), '42501', `${role}: ${statement}`)
    }
    const partitions = await owner.query(
      "select relname from pg_class where relnamespace = 'archive'::regnamespace and relkind = 'r' and relname ~ '^archive_(record|body)_'",
    )
    assert.ok(partitions.rows.length > 10)
    for (const { relname } of partitions.rows)
      assert.equal(await refusal(owner, `truncate archive.${relname}`), '42501', `${role}: truncate ${relname}`)
  }
})

const ownerDdl = [
  'drop table archive.archive_body_default',
  'drop schema archive cascade',
  'alter table archive.archive_record detach partition archive.archive_record_default',
  'alter table archive.leaf alter column leaf_hash type bytea using sha256(leaf_hash)',
  'alter table archive.leaf disable trigger all',
  'alter table archive.leaf disable trigger refuse_change',
  'alter table archive.leaf add column x integer',
  'drop trigger refuse_change on archive.leaf',
  'create trigger x before insert on archive.leaf for each row execute function archive.refuse()',
  'create rule x as on delete to archive.leaf do instead nothing',
  'grant delete on archive.leaf to gateway_service',
  'grant update on archive.archive_body to public',
  'grant insert on archive.archive_record to gateway_service',
  'grant all on all tables in schema archive to gateway_service',
  'create or replace function archive.refuse() returns trigger language plpgsql as $$ begin return old; end $$',
  'alter function archive.refuse() rename to allow',
  'alter schema archive rename to attic',
  'alter table archive.leaf set schema public',
  'alter table archive.leaf rename to leaves',
  "create table archive.archive_record_1990 partition of archive.archive_record for values from ('1990-01-01') to ('1990-02-01')",
  'create policy p on archive.leaf using (false)',
  'alter table archive.leaf enable row level security',
]

test('The owner is refused DDL on the archive outside migrations, the kinds that name no schema too', async (t) => {
  const archive = await openSealed(t)
  const owner = await archive.openOwner()
  for (const statement of ownerDdl) assert.equal(await refusal(owner, statement), '42501', statement)
  // Other tables of the database stay the firm's business.
  assert.equal(await refusal(owner, 'create table public.archive_of_mine (id integer)'), 'allowed')
  assert.equal(await refusal(owner, 'grant delete on public.archive_of_mine to gateway_service'), 'allowed')
  assert.equal(await refusal(owner, 'drop table public.archive_of_mine'), 'allowed')
})

test('Months are made ahead by the service, guarded like the others, and an append outside them is kept all the same', async (t) => {
  const archive = await openSealed(t)
  const client = await openService(t, archive)
  const made = await client.query("select archive.make_partitions('2031-01-15', 2) as made")
  assert.ok(made.rows[0].made >= 4)
  const owner = await archive.openOwner()
  assert.equal(await refusal(owner, 'truncate archive.archive_record_2031_01'), '42501')
  assert.equal(await refusal(owner, 'drop table archive.archive_record_2031_01'), '42501')
  archive.clock.set('2090-05-05T00:00:00.000Z')
  await archive.append({ type: 'post.submitted' })
  assert.equal((await sealOnce(archive)).sealedSize, 3)
  assert.equal(
    (
      await client.query(
        "select count(*)::int as count from archive.archive_record_default where recorded_at > '2090-01-01'",
      )
    ).rows[0].count,
    1,
  )
})

test('A body that is changed before its first seal is found when it is sealed', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await archive.append({ type: 'post.submitted', body: { text: 'as it was' } })
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'")
  const { rows } = await owner.query('select tableoid::regclass::text as name from archive.archive_body')
  await owner.query(`alter table ${rows[0].name} disable trigger user`)
  await owner.query(
    "update archive.archive_body set body = convert_to(replace(convert_from(body, 'UTF8'), 'as it was', 'as it should have been'), 'UTF8')",
  )
  await sealOnce(archive)
  const { problems } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual(
    problems.map(({ kind, logIndex }) => ({ kind, logIndex })),
    [
      { kind: 'body_differs', logIndex: 0 },
      { kind: 'body_row_differs', logIndex: 0 },
    ],
  )
})

/** Rewrites the first record and everything that follows from it inside the database, and signs it with the given signer. */
async function forgeEverything(archive: TestArchive, signer: TestArchive['checkpointSigner']): Promise<void> {
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'")
  const tables = await owner.query(
    "select oid::regclass::text as name from pg_class where relnamespace = 'archive'::regnamespace and relkind in ('r', 'p')",
  )
  for (const { name } of tables.rows) await owner.query(`alter table ${name} disable trigger user`)
  const { rows } = await owner.query<{
    n: number
    at: Date
    header: string
    sq: string
    id: string
    salt: Buffer
    body: string
  }>(
    "select l.log_index::int as n, l.sealed_at as at, convert_from(r.header, 'UTF8') as header, l.stream_sequence as sq, r.id, b.salt, convert_from(b.body, 'UTF8') as body from archive.leaf l join archive.archive_record r on r.id = l.record_id join archive.archive_body b on b.id = r.id order by n",
  )
  const frontier = emptyFrontier()
  for (const row of rows) {
    const body = Buffer.from(row.body.replace('as it was', 'as it is now'))
    const bodyHash = hash('sha256', Buffer.concat([Buffer.of(2), row.salt, body]), 'hex')
    const header = row.header.replace(/"bodyHash":"[0-9a-f]{64}"/, `"bodyHash":"${bodyHash}"`)
    const leaf = hashLeaf(Buffer.from(`{"at":"${row.at.toISOString()}","h":${header},"n":${row.n},"sq":${row.sq}}`))
    appendLeaf(frontier, leaf)
    await owner.query('update archive.archive_body set body = $1 where id = $2', [body, row.id])
    await owner.query('update archive.archive_record set header = $1 where id = $2', [Buffer.from(header), row.id])
    await owner.query('update archive.leaf set leaf_hash = $1 where record_id = $2', [leaf, row.id])
  }
  const text = formatCheckpoint({
    origin: signer.name,
    size: rows.length,
    root: frontierRoot(frontier),
    at: rows.at(-1)!.at.toISOString(),
  })
  const note = `${text}\n${formatSignature(signer.name, parseVerifierKey(signer.verifierKey).publicKey, await signer.sign(Buffer.from(text)))}`
  await owner.query('update archive.integration set root_hash = $1', [frontierRoot(frontier)])
  await owner.query('update archive.seal set note = $1', [note])
}

test('Records edited and everything rebuilt with the signing key: the database agrees with itself, the bucket does not', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await archive.append({ type: 'post.submitted', body: { text: 'as it was' } })
  await archive.append({ type: 'post.submitted', body: { text: 'as it was too' } })
  await sealOnce(archive)
  await forgeEverything(archive, archive.checkpointSigner)
  const { problems } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual(
    problems.map(({ kind, logIndex }) => ({ kind, logIndex })),
    [
      { kind: 'forked', logIndex: 1 },
      { kind: 'leaf_differs', logIndex: 0 },
      { kind: 'leaf_differs', logIndex: 1 },
    ],
  )
  const refused = await sealOnce(archive.restart())
  assert.equal(refused.refusal?.kind, 'bucket_differs')
})
