import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { loadActor } from '#server/identity/load-actor.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { withClient } from '#server/platform/with-client.ts'
import { simulatePolicy, type PastPost } from '#server/policies/simulate-policy.ts'
import { indexTouch } from '#server/posts/index-touch.ts'
import { cutHistory, taskSize, type HistoryTask } from '#server/reviews/history-tasks.ts'
import { readSimulation } from '#server/reviews/read-simulation.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import { simulateHistory, type SimulationWish } from '#server/reviews/simulate-history.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { meanwhileSimulating } from '#test/support/hold-simulation.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

/** The test policy, in which `moonshot` blocks too and `guaranteed returns` does not. */
const draft = testPolicy.map(({ path, text }) => ({
  path,
  text: text.replace("any: ['guaranteed returns', 'rendement garanti']", "any: ['moonshot', 'rendement garanti']"),
}))
/** More than one task of each post. */
const copies = 700

/** Four posts and 700 copies of each, a second apart: several tasks. The last of the four cannot be judged. */
async function furnishHistory(t: TestContext) {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  await gateway.signIn('tom')
  for (const text of [
    'A moonshot for Lyon.',
    'Now guaranteed returns for all.',
    'Our outlook for Lyon.',
    'Our branch.',
  ]) {
    await submit(camille, profileId, text)
    gateway.clock.advance(1_000)
  }
  const copyOf = (id: string) => `(substr(${id}::text, 1, 24) || lpad(to_hex(g), 12, '0'))::uuid`
  await runSql(
    gateway.database.ownerUrl,
    `set session_replication_role = replica;
    insert into post_revision (id, post_id, number, text, links, media, sources, profile_ids, targets, communication_class, is_static, topics, content_hash, created_by, created_at)
      select ${copyOf('id')}, ${copyOf('post_id')}, number, text, links, media, sources, profile_ids, targets, communication_class, is_static, topics, content_hash, created_by, created_at
      from post_revision, generate_series(1, ${copies}) g;
    insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select ${copyOf('id')}, author_id, unit_id, case when g % 10 = 0 then 'draft' else status end, ${copyOf('current_revision_id')}, created_at, updated_at
      from post, generate_series(1, ${copies}) g;
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, inputs, inputs_hash, occasion, evaluated_at, handed_in)
      select ${copyOf('id')}, ${copyOf('revision_id')}, policy_version, verdict, findings, required_stages, per_network,
        case when e.inputs::text like '%Our branch.%' and g % 7 = 0 then '{}' else inputs end, inputs_hash, occasion, evaluated_at - make_interval(secs => g), handed_in and g % 10 <> 0
      from policy_evaluation e, generate_series(1, ${copies}) g;
    insert into review (id, post_id, revision_id, content_hash, author_id, unit_id, stage_index, stage, need, policy_version, verdict, finding_count, networks, status, due_at, created_at, closed_at)
      select ${copyOf('v.id')}, v.post_id, ${copyOf('v.revision_id')}, content_hash, v.author_id, v.unit_id, stage_index, stage, need, policy_version, verdict, finding_count, networks, 'approved', due_at, v.created_at, v.created_at
      from review v, generate_series(1, ${copies}) g where g % 5 = 0;
    insert into review_decision (id, review_id, reviewer_id, author_id, outcome, content_hash, finding_judgements, record_id, decided_at)
      select v.id, v.id, u.id, v.author_id, 'approved', v.content_hash, '{"outlook": true, "promise": false}', v.id, v.created_at
      from review v, app_user u where v.closed_at is not null and u.id <> v.author_id;`,
  )
  return gateway
}

async function run(
  gateway: TestGateway,
  wish: SimulationWish,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
) {
  await gateway.signIn('ada')
  const { rows } = await sql<{ id: string }>`select id from app_user where display_name like 'Ada%'`.execute(gateway.db)
  const actor = (await loadActor(gateway.db, rows[0]!.id, gateway.clock.now()))!
  const { simulationId } = await simulateHistory(gateway, actor, wish)
  await Promise.all([runSimulations(gateway), meanwhile()])
  return readSimulation(gateway.db, actor, simulationId)
}

/** What the report must say, found out post by post without any of the program's own reading. */
async function readSlowly(gateway: TestGateway) {
  const { rows } = await sql<PastPost & { judgements: Record<string, boolean> | null }>`
    select r.id, e.inputs::text as input, e.verdict, (select d.finding_judgements from review v join review_decision d on d.review_id = v.id where v.revision_id = r.id) as judgements
    from post p join post_revision r on r.id = p.current_revision_id join policy_evaluation e on e.revision_id = r.id
    where p.status <> 'draft'`.execute(gateway.db)
  const posts = rows.map(({ judgements, ...post }) => ({ ...post, ...(judgements === null ? {} : { judgements }) }))
  return simulatePolicy({ draft, posts, workers: 1 })
}

test('A simulation over several tasks says what judging post by post says, and counts what cannot be judged', async (t) => {
  const gateway = await furnishHistory(t)
  gateway.clock.advance(1_000)
  const [{ report, progress, state }, expected] = [
    await run(gateway, { files: draft, anew: true }),
    await readSlowly(gateway),
  ]
  assert.equal(state, 'completed')
  assert.ok(expected.judged > 2 * taskSize && expected.failed > 50)
  assert.deepEqual(progress, { done: expected.judged, total: expected.judged })
  assert.deepEqual(
    [report!.judged, report!.failed, report!.matrix, report!.approvals],
    [expected.judged, expected.failed, expected.matrix, expected.approvals],
  )
  assert.deepEqual(
    Object.fromEntries(
      report!.rules.map(({ ruleId, hits, judgedTrue, judgedFalse }) => [ruleId, [hits, judgedTrue, judgedFalse]]),
    ),
    Object.fromEntries(
      Object.entries(expected.hitsByRule).map(([ruleId, hits]) => {
        const { right, wrong } = expected.judgedByRule[ruleId] ?? { right: 0, wrong: 0 }
        return [ruleId, [hits, right, wrong]]
      }),
    ),
  )
  assert.ok(expected.judgedByRule['outlook']!.right > 50, 'reviewers said something')
  assert.deepEqual(report!.newlyBlocked.posts.map(({ revisionId }) => revisionId).toSorted(), expected.newlyBlocked)
  assert.equal(report!.newlyAllowed.count, expected.newlyAllowed.length)
})

const hour = 3_600_000

test('Posts that no changed rule can touch are not judged, and the report is what judging each of them anew gives', async (t) => {
  const gateway = await furnishHistory(t)
  await mendInputs(gateway)
  await indexTouch(gateway)
  gateway.clock.advance(hour)
  const [some, each] = [await run(gateway, { files: draft }), await run(gateway, { files: draft, anew: true })]
  assert.deepEqual([some.anew, each.anew, each.report!.kept], [false, true, 0])
  // Of the four posts two have a word of the changed rule.
  assert.ok(some.report!.kept > 2 * taskSize && some.report!.kept < some.report!.judged / 2 + copies / 10)
  assert.deepEqual({ ...some.report!, kept: 0 }, each.report)
  assert.ok(each.report!.newlyBlocked.count > taskSize && each.report!.newlyAllowed.count > taskSize)
  assert.deepEqual(some.progress, { done: each.report!.judged, total: each.report!.judged })
})

test('A verdict does not stand where other rules gave it, and a post that came while the index was asked is judged', async (t) => {
  const gateway = await furnishHistory(t)
  await mendInputs(gateway)
  await indexTouch(gateway)
  gateway.clock.advance(1_000)
  const fresh = await run(gateway, { files: draft })
  assert.equal(fresh.report!.kept, 0, 'posts of a minute ago may have been on their way into the index')

  gateway.clock.advance(hour)
  const kept = (await run(gateway, { files: draft })).report!.kept
  const routed = testPolicy.map(({ path, text }) => ({ path, text: text.replace('name: compliance', 'name: legal') }))
  await runSql(
    gateway.database.ownerUrl,
    `set session_replication_role = replica;
    insert into policy_version (version, files, rule_count, state, created_at, activated_at, retired_at)
      values (repeat('e', 64), ${quote(JSON.stringify(routed))}, 1, 'retired', now() - interval '2 years', now() - interval '2 years', now() - interval '1 year');
    update policy_evaluation set policy_version = repeat('e', 64) where inputs::text like '%Our outlook%'`,
  )
  const without = (await run(gateway, { files: draft })).report!.kept
  assert.ok(without > 0 && without <= kept / 2 + 1, `${without} of ${kept}`)
})

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** As they were before some were made unreadable. */
async function mendInputs(gateway: TestGateway): Promise<void> {
  await runSql(
    gateway.database.ownerUrl,
    `set session_replication_role = replica;
    update policy_evaluation set inputs = (select inputs from policy_evaluation where inputs::text like '%Our branch.%' limit 1) where inputs::text = '{}'`,
  )
}

test('The tasks of a simulation are one after another without a gap, whatever is handed in meanwhile', async (t) => {
  const gateway = await furnishHistory(t)
  const period = { units: null, from: null, to: addSecond(gateway.clock.now()) }
  const tasks: HistoryTask[] = []
  for await (const task of cutHistory(gateway.db, period)) tasks.push(task)
  assert.equal(tasks.length, Math.ceil((4 * (copies + 1)) / taskSize))
  for (const [at, task] of tasks.entries()) assert.deepEqual(task.after, at === 0 ? null : tasks[at - 1]!.upTo)

  const camille = await gateway.signIn('camille')
  const { rows } = await sql<{ id: string }>`select id from profile`.execute(gateway.db)
  const end = gateway.clock.now()
  const { state, report } = await run(gateway, { files: draft, to: end }, async () => {
    for (let count = 0; count < 5; count++) await submit(camille, rows[0]!.id, 'A moonshot that comes meanwhile.')
  })
  assert.deepEqual([state, report!.judged], ['completed', (await readSlowly(gateway)).judged - 5])
})

test('A simulation that is cancelled stops: what nobody wants any more is not judged', async (t) => {
  const gateway = await furnishHistory(t)
  gateway.clock.advance(1_000)
  await gateway.signIn('ada')
  const { rows } = await sql<{ id: string }>`select id from app_user where display_name like 'Ada%'`.execute(gateway.db)
  const actor = (await loadActor(gateway.db, rows[0]!.id, gateway.clock.now()))!
  const { simulationId } = await simulateHistory(gateway, actor, { files: draft })
  await meanwhileSimulating(gateway, (owner) =>
    owner.query(`update policy_simulation set cancel_requested_by = '${rows[0]!.id}'`),
  )
  const { state, report } = await readSimulation(gateway.db, actor, simulationId)
  assert.deepEqual([state, report?.complete], ['cancelled', false])
  assert.ok(report!.judged < taskSize, `${report!.judged} were judged`)
})

test('A connection that the database closes leaves the simulation to whoever claims it next, nothing half done', async (t) => {
  const gateway = await furnishHistory(t)
  gateway.clock.advance(1_000)
  const failed = await withClient(gateway.database.ownerUrl, async (owner) => {
    // While this is held, the threads of the simulation wait for it.
    await owner.query('begin; lock table review_decision in access exclusive mode')
    const running = run(gateway, { files: draft, anew: true }).then(
      () => undefined,
      (error: unknown) => error,
    )
    let closed = 0
    while (closed === 0) {
      await owner.query('select pg_stat_clear_snapshot()')
      const { rowCount } = await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%jsonb_object_agg%'`)
      closed = rowCount ?? 0
    }
    await owner.query('rollback')
    return running
  })
  assert.ok(isDatabaseAway(failed), String(failed))
  const states = async () =>
    (await gateway.db.selectFrom('policy_simulation').select(['state', 'report']).execute()) as object
  assert.deepEqual(await states(), [{ state: 'running', report: null }])
  gateway.clock.advance(60_001)
  assert.equal(await runSimulations(gateway), 1)
  const [{ state }] = (await states()) as [{ state: string }]
  assert.equal(state, 'completed')
})

function addSecond(time: string): string {
  return new Date(Date.parse(time) + 1_000).toISOString()
}
