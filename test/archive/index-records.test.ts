import assert from 'node:assert/strict'
import test from 'node:test'
import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { indexRecords } from '#server/archive/index-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

async function append(gateway: TestGateway, searchText: string): Promise<void> {
  await inTransaction(gateway.db, (tx) =>
    appendRecord(tx, systemActor, {
      type: 'post.submitted',
      at: gateway.clock.now(),
      streams: {},
      body: { text: searchText },
      searchText,
    }),
  )
}

async function countUnindexed(gateway: TestGateway): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from archive.leaf l where not exists (select from archive.search s where s.record_id = l.record_id)`.execute(
    gateway.db,
  )
  return rows[0]!.count
}

/** What the three places say to an operator about the index. */
async function ask(gateway: TestGateway) {
  const ruth = await gateway.signIn('ruth')
  const status = (await ruth.get('/api/archive/status')).json<{ unindexed: number; indexLagSeconds: number }>()
  const ready = (await gateway.app.inject('/readyz')).json<{
    status: string
    checks: Record<string, { ok: boolean; detail: string }>
  }>()
  const metrics = (await gateway.app.inject('/metrics')).body
  return {
    status: [status.unindexed, status.indexLagSeconds],
    metrics: ['waiting', 'lag_seconds'].map((name) =>
      Number(new RegExp(`^gateway_index_${name} (.*)$`, 'm').exec(metrics)?.[1]),
    ),
    check: ready.checks['indexing'],
    others: Object.entries(ready.checks).filter(([name, { ok }]) => name !== 'indexing' && !ok),
    ready: ready.status,
  }
}

test('An index that stands still is told by the status, the metrics and readyz, and keeps nobody out', async (t) => {
  const gateway = await startGateway(t)
  await append(gateway, 'Vermillion')
  await sealOnce(gateway, { force: true })
  const well = await ask(gateway)
  assert.deepEqual([well.status, well.metrics, well.check?.ok], [[0, 0], [0, 0], true])

  await append(gateway, 'Cinnabar')
  await sealOnce(gateway, { force: true, index: false }) // the sign-in's records among them
  gateway.clock.advance(90_000)
  const waiting = await countUnindexed(gateway)
  assert.ok(waiting > 0)
  const still = await ask(gateway)
  assert.deepEqual(still.status, [waiting, 90])
  assert.deepEqual(still.metrics, [waiting, 90])
  assert.equal(still.check?.ok, false)
  assert.match(still.check?.detail ?? '', new RegExp(`90 seconds, and ${waiting} records wait.* found all the same`))
  assert.equal(still.ready, still.others.length === 0 ? 'ready' : 'not_ready', 'the index alone is no reason')
  const ruth = await gateway.signIn('ruth')
  const found = (await ruth.get('/api/archive/records?q=cinnabar')).json<{ items: unknown[] }>()
  assert.equal(found.items.length, 1)

  await indexRecords(gateway.db)
  const again = await ask(gateway)
  assert.deepEqual([again.status, again.metrics, again.check?.ok], [[0, 0], [0, 0], true])
})
