import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase, openPool } from '#server/platform/database.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import { startCuttingProxy } from '#test/support/cutting-proxy.ts'

test('A connection that breaks during a query fails that query, and not the process; the next one gets another', async (t) => {
  const database = await cloneDatabase(t)
  const direct = new URL(database.serviceUrl)
  const proxy = await startCuttingProxy(Number(direct.port))
  t.after(() => proxy.close())
  const through = new URL(database.serviceUrl)
  through.port = new URL(proxy.url).port
  const db = openDatabase(openPool(through.href, { warn() {} }, 2))
  t.after(() => db.destroy())
  for (const moment of ['request', 'answer'] as const) {
    await sql`select 1`.execute(db)
    proxy.cut('the last words', moment, () => {})
    const broken = sql`select pg_sleep(0.2), 'the last words'`.execute(db)
    await assert.rejects(broken, (error: unknown) => isDatabaseAway(error), moment)
    // An error that nobody listens to would end the test here.
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal((await sql<{ two: number }>`select 2 as two`.execute(db)).rows[0]?.two, 2)
  }
})
