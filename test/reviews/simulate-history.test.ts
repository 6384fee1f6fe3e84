import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { tellSimulation } from '#server/commands/simulate-draft.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { withClient } from '#server/platform/with-client.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getSimulation, Simulation } from '#shared/api/simulations.ts'
import { startMatrixFirm } from '#test/identity/matrix-firm.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { meanwhileSimulating } from '#test/support/hold-simulation.ts'
import { recordsOf } from '#test/support/records-of.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

type Answer = AnswerOf<typeof getSimulation>

/** The test policy with a block on one more word and without the block on promises. */
const draft = testPolicy.map(({ path, text }) => ({
  path,
  text: text
    .replace(/ {2}- id: promise[\s\S]*?(?= {2}- id: outlook)/, '')
    .replace(
      'rules:\n',
      `rules:\n  - id: moonshot\n    severity: block\n    any: [moonshot]\n    message: { en: Not this word., fr: Pas ce mot. }\n    tests: [{ hit: "a ⟦moonshot⟧" }, { pass: "nothing" }]\n`,
    ),
}))

/** A firm whose past is one post, which the draft would block, and who simulates. */
async function startWithOnePost(t: TestContext): Promise<{ gateway: TestGateway; ada: SignedIn }> {
  const { gateway, profileId } = await furnishFirm(t)
  await submit(await gateway.signIn('camille'), profileId, 'A moonshot for Lyon.')
  gateway.clock.advance(1_000)
  return { gateway, ada: await gateway.signIn('ada') }
}

/** The same with a simulation of the draft that waits. */
async function askOverOnePost(t: TestContext): Promise<{ gateway: TestGateway; ada: SignedIn; simulationId: string }> {
  const started = await startWithOnePost(t)
  return { ...started, simulationId: await ask(started.ada, { files: draft }) }
}

async function ask(person: SignedIn, wish: object): Promise<string> {
  const answer = await person.post('/api/policies/simulations', wish)
  assert.equal(answer.statusCode, 202, answer.body)
  return answer.json<{ simulationId: string }>().simulationId
}

async function read(person: SignedIn, simulationId: string): Promise<Answer> {
  const answer = await person.get(`/api/policies/simulations/${simulationId}`)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json<Answer>()
}

test('A draft is run over what was handed in: the matrix, the posts behind it, the rules and the hours', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada] = [await gateway.signIn('camille'), await gateway.signIn('ada')]
  const hit = await submit(camille, profileId, 'A moonshot for Lyon.')
  const freed = await submit(camille, profileId, 'Now guaranteed returns for all.')
  await submit(camille, profileId, 'Our outlook for Lyon.')
  const unseen = await camille.post('/api/posts', { text: 'A moonshot that stays a draft.', profileIds: [profileId] })
  assert.equal(unseen.statusCode, 201)
  gateway.clock.advance(1_000)

  const simulationId = await ask(ada, { files: draft })
  assert.equal((await read(ada, simulationId)).state, 'waiting')
  assert.equal(await runSimulations(gateway), 1)
  const answer = await read(ada, simulationId)
  const report = answer.report!
  assert.deepEqual([answer.state, answer.progress, report.complete], ['completed', { done: 3, total: 3 }, true])
  assert.deepEqual(report.matrix, {
    pass: { pass: 0, review: 0, block: 1 },
    review: { pass: 0, review: 1, block: 0 },
    block: { pass: 1, review: 0, block: 0 },
  })
  assert.deepEqual(report.newlyBlocked, {
    count: 1,
    posts: [{ revisionId: hit.currentRevisionId, postId: hit.postId, excerpt: 'A moonshot for Lyon.' }],
  })
  assert.deepEqual(
    report.newlyAllowed.posts.map((post) => post.postId),
    [freed.postId],
  )
  assert.deepEqual(
    report.rules.map(({ ruleId, hits }) => [ruleId, hits]),
    [
      ['moonshot', 1],
      ['outlook', 1],
    ],
  )
  // Two posts ask for one approval each, within a day: the shortest period that is reckoned with.
  assert.deepEqual([report.approvals, report.reviewerHoursPerWeek], [2, 0.7])
  assert.match(report.assumption, /^3 minutes an approval \(assumed/)
  assert.match(tellSimulation(answer), /Newly blocked: 1\n.*A moonshot for Lyon\./)
})

test('A draft that is handed in later counts once, and so does what is handed in twice: with its last verdict', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada] = [await gateway.signIn('camille'), await gateway.signIn('ada')]
  const wish = { text: 'A moonshot that begins as a draft.', profileIds: [profileId] }
  const later = (await camille.post('/api/posts', wish)).json<{ postId: string }>()
  const twice = await submit(camille, profileId, 'Now guaranteed returns for all.')
  for (const postId of [later.postId, twice.postId]) {
    gateway.clock.advance(1_000)
    const handedIn = await camille.post(`/api/posts/${postId}/submit`, {})
    assert.equal(handedIn.statusCode, 200, handedIn.body)
  }
  const marks = await gateway.db
    .selectFrom('policy_evaluation')
    .select(['handed_in', 'repeated'])
    .orderBy('evaluated_at')
    .orderBy('handed_in')
    .execute()
  assert.deepEqual(
    marks.map(({ handed_in, repeated }) => [handed_in, repeated]),
    [
      [false, false],
      [true, false],
      [true, false],
      [true, true],
    ],
  )
  gateway.clock.advance(1_000)
  const simulationId = await ask(ada, { files: draft })
  await runSimulations(gateway)
  const { progress, report } = await read(ada, simulationId)
  assert.deepEqual([progress, report!.judged], [{ done: 2, total: 2 }, 2])
})

test('A simulation ends with one record, and holds no text of a post', async (t) => {
  const { gateway, simulationId } = await askOverOnePost(t)
  await runSimulations(gateway)
  assert.equal(await runSimulations(gateway), 0)
  const [row] = await gateway.db
    .selectFrom('policy_simulation')
    .select('report')
    .where('id', '=', simulationId)
    .execute()
  assert.doesNotMatch(JSON.stringify(row!.report), /Lyon/)
  const records = (await recordsOf(gateway, 'policy.simulated')).map((record) => record.content)
  assert.equal(records.length, 1)
  assert.deepEqual(
    [records[0]!['simulationId'], records[0]!['state'], records[0]!['judged']],
    [simulationId, 'completed', 1],
  )
})

test('A simulation under way is handed back when its process is asked to stop, and the next one runs it at once', async (t) => {
  const { gateway, ada, simulationId } = await askOverOnePost(t)
  const stopping = new AbortController()
  let asked = 0
  // The clock is asked at the claim, and again with the first sign of life: there the process is asked to stop.
  const now = () => {
    asked += 1
    if (asked === 2) stopping.abort()
    return gateway.clock.now()
  }
  await runSimulations({ ...gateway, clock: { ...gateway.clock, now } }, stopping.signal)
  assert.equal((await read(ada, simulationId)).state, 'waiting')
  assert.equal((await recordsOf(gateway, 'policy.simulated')).length, 0, 'nothing has ended')
  assert.equal(await runSimulations(gateway), 1)
  const { state, report } = await read(ada, simulationId)
  assert.deepEqual([state, report?.complete, report?.judged], ['completed', true, 1])
})

test('A cancelled simulation keeps what it has, labelled incomplete; one that ended cannot be cancelled', async (t) => {
  const { gateway, ada, simulationId } = await askOverOnePost(t)
  const cancel = () => ada.post(`/api/policies/simulations/${simulationId}/cancel`)
  const running = runSimulations(gateway)
  while ((await read(ada, simulationId)).state === 'waiting');
  const cancelled = await cancel()
  assert.equal(cancelled.statusCode, 200, cancelled.body)
  assert.equal(cancelled.json<Simulation>().cancelRequested, true)
  await running
  const answer = await read(ada, simulationId)
  assert.deepEqual([answer.state, answer.report?.complete], ['cancelled', false])
  assert.match(tellSimulation(answer), /INCOMPLETE/)
  assert.equal((await cancel()).json<{ code: string }>().code, 'wrong_status')

  const waiting = await ask(ada, { files: draft })
  assert.equal((await ada.post(`/api/policies/simulations/${waiting}/cancel`)).json<Simulation>().state, 'cancelled')
  assert.equal(await runSimulations(gateway), 0)
  assert.deepEqual(
    (await recordsOf(gateway, 'policy.simulated')).map((record) => record.content['state']),
    ['cancelled', 'cancelled'],
  )
})

test('A simulation whose process died is run again, by one other process', async (t) => {
  const { gateway, ada, simulationId } = await askOverOnePost(t)
  const now = gateway.clock.now()
  await gateway.db
    .updateTable('policy_simulation')
    .set({ state: 'running', attempt: 1, started_at: now, lease_until: addMilliseconds(now, 60_000) })
    .execute()
  assert.equal(await runSimulations(gateway), 0)
  gateway.clock.advance(60_001)
  const [one, other] = await Promise.all([runSimulations(gateway), runSimulations(gateway)])
  assert.equal(one + other, 1, 'two nodes run it once')
  assert.deepEqual(
    [(await read(ada, simulationId)).state, (await recordsOf(gateway, 'policy.simulated')).length],
    ['completed', 1],
  )
})

for (const isStopping of [false, true])
  test(`A process that lost its simulation to another changes nothing of it any more${isStopping ? ', when it is stopped too' : ''}`, async (t) => {
    const { gateway, ada, simulationId } = await askOverOnePost(t)
    const stopping = new AbortController()
    const lease = addMilliseconds(gateway.clock.now(), 7_000)
    // Another process claims it, as after the end of the lease.
    const claimed = `update policy_simulation set attempt = attempt + 1, lease_until = '${lease}'`
    await meanwhileSimulating(
      gateway,
      async (owner) => {
        await owner.query(claimed)
        if (isStopping) stopping.abort()
      },
      stopping.signal,
    )
    const columns = ['state', 'attempt', 'lease_until', 'done', 'report'] as const
    const row = await gateway.db.selectFrom('policy_simulation').select(columns).executeTakeFirstOrThrow()
    assert.deepEqual(row, { state: 'running', attempt: 2, lease_until: lease, done: 0, report: null })
    assert.equal((await recordsOf(gateway, 'policy.simulated')).length, 0)
    gateway.clock.advance(7_001)
    assert.equal(await runSimulations(gateway), 1)
    assert.equal((await read(ada, simulationId)).state, 'completed')
  })

test('Each sign of life lengthens the lease, and one that cannot be given fails the simulation instead of halving it', async (t) => {
  const { gateway, ada } = await startWithOnePost(t)
  const watchSigns = (does: string) =>
    runSql(
      gateway.database.ownerUrl,
      `create table if not exists seen (lease_until timestamptz);
      create or replace function watch() returns trigger language plpgsql security definer set search_path = public as $$
        begin ${does}; return new; end $$;
      create or replace trigger watch before update on policy_simulation for each row
        when (old.state = 'running' and new.state = 'running') execute function watch()`,
    )
  await ask(ada, { files: draft })
  await watchSigns('insert into seen values (new.lease_until)')
  await meanwhileSimulating(gateway, async () => gateway.clock.advance(45_000))
  await runSql(gateway.database.ownerUrl, 'grant select on seen to gateway_service')
  const { rows } = await sql<{ lease: string }>`select distinct lease_until as lease from seen`.execute(gateway.db)
  assert.deepEqual(rows, [{ lease: addMilliseconds(gateway.clock.now(), 60_000) }])

  const simulationId = await ask(ada, { files: draft })
  await watchSigns("raise exception 'no sign'")
  assert.equal(await runSimulations(gateway), 1)
  const { state, report } = await read(ada, simulationId)
  assert.deepEqual([state, report], ['failed', null])
})

test('A simulation that is cancelled while its process is asked to stop is not handed back', async (t) => {
  const { gateway, ada, simulationId } = await askOverOnePost(t)
  const stopping = new AbortController()
  await meanwhileSimulating(
    gateway,
    async () => {
      assert.equal((await ada.post(`/api/policies/simulations/${simulationId}/cancel`)).statusCode, 200)
      stopping.abort()
    },
    stopping.signal,
  )
  assert.equal((await read(ada, simulationId)).state, 'cancelled')
})

test('A simulation reaches as far as the role of who asks, and does not exist for others', async (t) => {
  const { gateway, enter } = await startMatrixFirm(t)
  const [north, south] = [await enter(['reviewer'], 'north'), await enter(['policy_owner'], 'south')]
  const secret = [{ path: 'a.yaml', text: 'policy: a\nrules:\n  - { id: secret, severity: block, any: [secret] }\n' }]
  gateway.clock.advance(1_000)
  const asked = await north.send('POST', '/api/policies/simulations', { files: secret })
  const { simulationId } = asked.json<{ simulationId: string }>()
  await runSimulations(gateway)
  const url = `/api/policies/simulations/${simulationId}`
  const { report } = (await north.send('GET', url)).json<Answer>()
  assert.deepEqual(report!.newlyBlocked.posts.map((post) => String(post.excerpt)).toSorted(), [
    'Secret of north',
    'Secret of team',
  ])
  assert.equal((await south.send('GET', url)).statusCode, 404)
  assert.equal((await south.send('POST', `${url}/cancel`)).statusCode, 404)
  const list = async (person: typeof north) =>
    (await person.send('GET', '/api/policies/simulations')).json<{ items: Simulation[] }>().items
  assert.ok((await list(north)).some((item) => item.simulationId === simulationId))
  assert.ok((await list(south)).every((item) => item.simulationId !== simulationId))
})

test('While a long draft is compiled no transaction waits for it', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const terms = Array.from({ length: 30_000 }, (_, index) => `zu${index.toString(36)} po`)
  const long = [
    ...draft,
    { path: 'long.yaml', text: `policy: l\nrules:\n  - { id: l, any: ${JSON.stringify(terms)} }\n` },
  ]
  let asked = 0
  let open = 0
  await withClient(gateway.database.ownerUrl, async (owner) => {
    const asking = { isOver: false }
    const answer = ask(ada, { files: long }).finally(() => (asking.isOver = true))
    while (!asking.isOver) {
      await owner.query('select pg_stat_clear_snapshot()')
      const { rows } = await owner.query<{ open: number }>(`select count(*)::int as open from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'`)
      asked += 1
      open += Math.min(1, rows[0]!.open)
    }
    await answer
  })
  assert.ok(asked > 20 && open < asked / 4, `a transaction was open at ${open} of ${asked} looks`)
})

test('A draft with a mistake is refused with its place; a wish that names two drafts or none is refused', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const broken = await ada.post('/api/policies/simulations', {
    files: [{ path: 'a.yaml', text: 'policy: a\nrules:\n  - id: x\n    sevrity: block\n' }],
  })
  assert.equal(broken.json<{ code: string }>().code, 'policy_invalid')
  const version = 'a'.repeat(64)
  assert.equal((await ada.post('/api/policies/simulations', { version })).statusCode, 404)
  assert.equal((await ada.post('/api/policies/simulations', { files: draft, version })).statusCode, 400)
  assert.equal((await ada.post('/api/policies/simulations', {})).statusCode, 400)
})
