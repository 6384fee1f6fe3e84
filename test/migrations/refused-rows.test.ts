import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { withClient } from '#server/platform/with-client.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import { approve, furnishFirm, runJobs, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const id = (last: number) => `'01a00000-0000-7000-8000-0000000000${String(last).padStart(2, '0')}'::uuid`
const now = `'2026-03-02T09:00:00.000Z'::timestamptz`
const later = (interval: string) => `${now} + interval '${interval}'`

/** People and rows, by name, as SQL literals. */
type Names = Readonly<Record<string, string>>

/** A firm with one post in review of two stages, one that is published, and a stop whose lifting is asked for. */
async function furnishRows(t: TestContext): Promise<{ gateway: TestGateway; names: Names }> {
  const policy = testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace(
      'stages: [{ name: compliance, need: 1 }]',
      'stages: [{ name: compliance, need: 1 }, { name: second, need: 1 }]',
    ),
  }))
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const userId = async (person: SignedIn) => (await person.get('/api/me')).json<{ userId: string }>().userId
  const open = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  const published = await submit(camille, profileId, 'Our branch in Nice is open.')
  await approve(ines, published)
  const second = (await camille.get(`/api/posts/${published.postId}`)).json<typeof published>()
  await approve(tom, second)
  await runJobs(gateway)
  const stop = await tom.post('/api/stops', { scope: 'everything', reason: 'Market event' })
  assert.equal(stop.statusCode, 201, stop.body)
  const { stopId } = stop.json<{ stopId: string }>()
  assert.equal((await tom.post(`/api/stops/${stopId}/lift`)).statusCode, 200)
  const [openId, waitingId] = open.reviews.map((review) => review.reviewId)
  const plain = {
    camille: await userId(camille),
    ines: await userId(ines),
    tom: await userId(tom),
    unit: open.unitId,
    review: openId!,
    waiting: waitingId!,
    decided: published.reviews[0]!.reviewId,
    hash: open.contentHash,
    stop: stopId,
  }
  return {
    gateway,
    names: Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, `'${value}'`])),
  }
}

const decide = (names: Names, values: Record<string, string>, number = 1) => {
  const row: Record<string, string> = {
    id: id(number),
    review_id: names['review']!,
    reviewer_id: names['ines']!,
    author_id: names['camille']!,
    outcome: `'approved'`,
    content_hash: names['hash']!,
    record_id: id(90),
    decided_at: now,
    ...values,
  }
  return `insert into review_decision (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`
}

const role = (names: Names, more: string, columns = '') =>
  `insert into role_change (id, user_id, role, unit_id, action, effective_at, requested_by, requested_at, reason${columns})
    values (${id(1)}, ${names['camille']}, 'reviewer', ${names['unit']}, 'grant', ${now}, ${names['ines']}, ${now}, ${more})`
const decidedColumns = ', outcome, decided_by, decided_at'

const lend = (names: Names, to: string, until: string, lent = `'reviewer'`) =>
  `insert into delegation (id, from_user_id, to_user_id, role, unit_id, valid_from, valid_until, reason, created_at)
    values (${id(1)}, ${names['ines']}, ${to}, ${lent}, ${names['unit']}, ${now}, ${until}, 'leave', ${now})`

const examine = (names: Names, until: string) =>
  `insert into examiner_access (id, user_id, organisation, purpose, filter, unit_id, secret_hash, valid_from, valid_until, granted_by, created_at)
    values (${id(1)}, ${names['tom']}, 'AMF', 'audit', '{}', ${names['unit']}, '\\x00', ${now}, ${until}, ${names['ines']}, ${now})`

const hold = (columns: string, values: string) =>
  `insert into archive.hold (id, name, reason, scope, placed_by, placed_at, ${columns})
    values (${id(1)}, 'Matter', 'Court', '{}', ${id(2)}, ${now}, ${values})`

const again = (table: string, change: Record<string, string>) =>
  `insert into ${table} select (jsonb_populate_record(row, jsonb_build_object(${Object.entries(change)
    .map(([column, value]) => `'${column}', ${value}`)
    .join(', ')}))).* from ${table} as row limit 1`

type Forbidden = readonly [constraint: string, statement: (names: Names) => string]

const forbidden: readonly Forbidden[] = [
  // Nobody reviews their own work, and a decision is one person's, on one content, with a reason.
  ['review_decision_not_by_author', (n) => decide(n, { reviewer_id: n['camille']! })],
  ['review_decision_not_by_author', (n) => decide(n, { author_id: n['tom']! })],
  ['review_decision_binds_content', (n) => decide(n, { content_hash: `'${'0'.repeat(64)}'` })],
  [
    'review_decision_binds_content', // nor is a review between them that says otherwise
    (n) =>
      `update review set content_hash = '${'0'.repeat(64)}' where id = ${n['review']};
       ${decide(n, { content_hash: `'${'0'.repeat(64)}'` })}`,
  ],
  [
    'review_decision_by_another',
    (n) => `${decide(n, {})}; ${decide(n, { review_id: n['waiting']! }, 2)}`, // one pair of eyes, two stages
  ],
  [
    'review_decision_once',
    (n) =>
      `${decide(n, { outcome: `'rejected'`, reason: `'No.'` })}; ${decide(n, { outcome: `'rejected'`, reason: `'No!'` }, 2)}`,
  ],
  ['review_decision_reason_given', (n) => decide(n, { outcome: `'rejected'`, reason: `'  '` })],
  ['review_decision_reason_given', (n) => decide(n, { outcome: `'changes_requested'` })],
  ['review_decision_outcome_known', (n) => decide(n, { outcome: `'waved through'`, reason: `'x'` })],
  ['review_not_claimed_by_author', (n) => `update review set claimed_by = author_id where id = ${n['review']}`],
  ['review_not_assigned_to_author', (n) => `update review set assigned_to = author_id where id = ${n['review']}`],
  ['review_need_positive', (n) => `update review set need = 0 where id = ${n['review']}`],
  ['review_status_known', (n) => `update review set status = 'fine' where id = ${n['review']}`],
  ['review_stage_unique', (n) => `update review set stage_index = 0 where id = ${n['waiting']}`],
  // What is stopped or held goes on when two people say so.
  ['stop_lifted_by_two', (n) => `update stop set lifted_by = ${n['tom']}, lifted_at = ${now} where id = ${n['stop']}`],
  [
    'stop_lifted_by_two', // nobody asked for it
    (n) =>
      again('stop', {
        id: id(1),
        lift_requested_by: 'null',
        lift_requested_at: 'null',
        lifted_by: n['ines']!,
        lifted_at: now,
      }),
  ],
  // Lifted by nobody, at nobody's wish, at no time, by one person with two accounts, twice; or wished for by somebody else.
  ['stop_lifting_whole', (n) => `update stop set lifted_at = ${now} where id = ${n['stop']}`],
  ['stop_lifting_whole', (n) => `update stop set lifted_by = ${n['ines']} where id = ${n['stop']}`],
  [
    'stop_lifted_by_two',
    (n) =>
      `update app_user set employee_number = '17' where id in (${n['ines']}, ${n['tom']});
       update stop set lifted_by = ${n['ines']}, lifted_at = ${now} where id = ${n['stop']}`,
  ],
  [
    'stop_stays',
    (n) =>
      `update stop set lifted_by = ${n['ines']}, lifted_at = ${now} where id = ${n['stop']};
       update stop set lifted_by = null, lifted_at = null where id = ${n['stop']}`,
  ],
  ['stop_stays', (n) => `update stop set lift_requested_by = ${n['ines']} where id = ${n['stop']}`],
  ['stop_scope_id_given', (n) => `update stop set scope_id = 'linkedin' where id = ${n['stop']}`],
  ['stop_scope_id_given', (n) => `update stop set scope = 'network' where id = ${n['stop']}`],
  ['hold_released_by_two', () => hold('released_by, released_at', `${id(3)}, ${now}`)],
  ['hold_released_by_two', () => hold('release_requested_by, released_by, released_at', `${id(3)}, ${id(3)}, ${now}`)],
  ['hold_release_whole', () => hold('release_requested_by, released_by', `${id(3)}, ${id(4)}`)],
  ['hold_release_whole', () => hold('released_at', now)],
  // A role is asked for by one person and given by another, and never by whom it is for.
  ['role_change_decided_by_another', (n) => role(n, `'x', 'rejected', ${n['ines']}, ${now}`, decidedColumns)],
  ['role_change_not_decided_by_the_person', (n) => role(n, `'x', 'approved', ${n['camille']}, ${now}`, decidedColumns)],
  ['role_change_decided_whole', (n) => role(n, `'x', 'approved', ${n['tom']}, null`, decidedColumns)],
  ['role_change_decided_whole', (n) => role(n, `'x', 'approved', null, ${now}`, decidedColumns)],
  ['role_change_reason_given', (n) => role(n, `' '`)],
  ['role_change_open_once', (n) => `${role(n, `'x'`)}; ${role(n, `'x'`).replace(id(1), id(2))}`],
  ['role_grant_once', () => again('role_grant', { id: id(1) })],
  // What is lent or opened to an examiner ends.
  ['delegation_between_two', (n) => lend(n, n['ines']!, later('1 day'))],
  ['delegation_of_reviewing', (n) => lend(n, n['tom']!, later('1 day'), `'admin'`)],
  ['delegation_ends', (n) => lend(n, n['tom']!, now)],
  ['delegation_ends', (n) => lend(n, n['tom']!, later('367 days'))],
  ['examiner_access_ends', (n) => examine(n, now)],
  ['examiner_access_ends', (n) => examine(n, later('367 days'))],
  // One policy is active, and it has two people behind it.
  [
    'policy_version_one_active',
    () => again('policy_version', { version: `'${'0'.repeat(64)}'`, activated_at: 'null' }),
  ],
  [
    'policy_version_four_eyes',
    (n) => `update policy_version set created_by = ${n['ines']}, approved_by = ${n['ines']}`,
  ],
  [
    'policy_version_emergency_four_eyes',
    (n) => `update policy_version set emergency_by = ${n['ines']}, approved_by = ${n['ines']}`,
  ],
  ['policy_version_emergency_whole', () => `update policy_version set emergency_until = ${later('1 day')}`],
  // What is out is out once, by numbered attempts.
  ['publication_moves', () => `update publication set status = 'waiting' where status = 'published'`],
  ['publication_moves', () => `update publication set status = 'publishing' where status = 'published'`],
  ['publication_sends_the_same', () => `update publication set stamped_payload = '{"text":"Buy now."}'`],
  ['publication_sends_the_same', () => 'update publication set stamped_payload = null'],
  ['publication_sends_the_same', () => 'update publication set attempts = 0'],
  ['publication_once', () => again('publication', { id: id(1) })],
  ['publication_attempt_number_unique', () => again('publication_attempt', { id: id(1) })],
  ['post_revision_number_unique', () => again('post_revision', { id: id(1) })],
  // One log, whose seals follow each other.
  ['log_pkey', () => again('archive.log', { created_at: now })],
  [
    'seal_follows',
    () => `${again('archive.integration', { tree_size: '99999' })}; ${again('archive.seal', { tree_size: '99999' })}`,
  ],
  [
    'seal_grows',
    () =>
      `${again('archive.integration', { tree_size: '99999' })}; ${again('archive.seal', { tree_size: '99999', first_index: '99999' })}`,
  ],
  ['leaf_record_once', () => again('archive.leaf', { log_index: '99999' })],
]

test('The database refuses by itself what the use cases refuse: one’s own work, one person for two, what never ends (FIN-12)', async (t) => {
  const { gateway, names } = await furnishRows(t)
  const tell = async (client: pg.Client, statement: string): Promise<string> => {
    await client.query('begin')
    const told = await client.query(statement).then(
      () => 'allowed',
      (error: unknown) => (error as pg.DatabaseError).constraint ?? (error as Error).message,
    )
    await client.query('rollback')
    return told
  }
  // Whoever owns the tables is refused too.
  await withClient(gateway.database.ownerUrl, async (owner) => {
    for (const [constraint, statement] of forbidden)
      assert.equal(await tell(owner, statement(names)), constraint, statement(names))
  })
  await withClient(gateway.database.serviceUrl, async (service) => {
    for (const [table, columns] of Object.entries(written))
      for (const column of columns) {
        const told = await tell(service, `update ${table} set ${column} = ${column}`)
        assert.equal(told, `permission denied for table ${table}`, column)
      }
  })
})

/** What is written once, by table: no statement of the service changes it. */
const written: Readonly<Record<string, readonly string[]>> = {
  post: ['id', 'author_id', 'unit_id', 'created_at'],
  review: [
    'post_id',
    'revision_id',
    'content_hash',
    'author_id',
    'stage_index',
    'stage',
    'need',
    'qualification',
    'stage_unit_id',
    'policy_version',
  ],
  publication: ['post_id', 'revision_id', 'profile_id', 'network', 'payload_sha256', 'due_at'],
  publication_attempt: ['publication_id', 'number', 'started_at'],
  stop: ['scope', 'scope_id', 'reason', 'engaged_by', 'engaged_at'],
  policy_version: ['version', 'files', 'created_by'],
  profile: ['network', 'handle', 'unit_id'],
}

test('The service never rewrites what was said, judged and decided, and deletes nothing but what is for a while (SEC-1)', async (t) => {
  const { serviceUrl } = await cloneDatabase(t)
  const rights = await withClient(serviceUrl, async (client) => {
    const { rows } = await client.query<{ name: string; changes: boolean; deletes: boolean; truncates: boolean }>(
      `select oid::regclass::text as name, has_any_column_privilege(oid, 'update') as changes,
          has_table_privilege(oid, 'delete') as deletes, has_table_privilege(oid, 'truncate') as truncates
        from pg_class where relkind in ('r', 'p') and relnamespace in ('public'::regnamespace, 'archive'::regnamespace)`,
    )
    return rows
  })
  const named = (wanted: (row: (typeof rights)[number]) => boolean) => rights.filter(wanted).map(({ name }) => name)
  assert.deepEqual(
    named(({ truncates }) => truncates),
    [],
  )
  assert.deepEqual(
    named(({ deletes }) => deletes).toSorted((one, other) => (one < other ? -1 : 1)),
    ['idempotency_key', 'post_revision_touch', 'scim_group', 'scim_group_member', 'sign_in_count'],
  )
  const history = ['post_revision', 'policy_evaluation', 'review_decision', 'post_comment', 'media', 'person_mark']
  for (const name of history)
    assert.ok(
      rights.some((row) => row.name === name && !row.changes),
      name,
    )
})

test('Every table of evidence refuses its owner each change of a row and each emptying, as a replica too (SEC-1)', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  const { rows } = await withClient(ownerUrl, (client) =>
    client.query<{ name: string; guards: string[] }>(
      `select c.relname as name, coalesce((
          select array_agg(concat_ws(' ', t.tgname, t.tgtype, t.tgenabled) order by t.tgname) from pg_trigger t
            where t.tgrelid = c.oid and t.tgfoid = 'archive.refuse'::regproc), '{}') as guards
        from pg_class c
        where c.relnamespace = 'archive'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
    ),
  )
  // Row by row before an update or a delete (27), once before a truncate (34), and always (A).
  const guarded = rows.filter(({ guards }) => guards.join() === 'refuse_change 27 A,refuse_truncate 34 A')
  assert.deepEqual(
    guarded.map(({ name }) => name).toSorted((one, other) => (one < other ? -1 : 1)),
    [
      'anchor',
      'archive_body',
      'archive_record',
      'checkpoint',
      'destroyed_object',
      'directory',
      'disposition',
      'integration',
      'leaf',
      'locked_term',
      'log',
      'object',
      'object_lock',
      'seal',
      'tile',
      'verification',
    ],
  )
})

test('A hold changes only by being released, and never again, by whoever owns the table', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  await withClient(ownerUrl, async (client) => {
    await client.query(hold('release_requested_by', id(3)))
    const refused = (statement: string) =>
      assert.rejects(client.query(statement), /A hold changes only by being released/)
    await refused(`update archive.hold set reason = 'Another'`)
    await refused('delete from archive.hold')
    await client.query(`update archive.hold set released_by = ${id(4)}, released_at = ${now}`)
    await refused('update archive.hold set released_by = null, released_at = null')
    await refused(`update archive.hold set released_by = ${id(5)}`)
  })
})
