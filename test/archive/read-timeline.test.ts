import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import { readActsOf } from '#server/archive/read-timeline.ts'
import { openPool } from '#server/platform/database.ts'
import type { DB } from '#server/platform/schema.gen.ts'
import { withClient } from '#server/platform/with-client.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import { runSql } from '#test/support/test-cluster.ts'

const examiner = '00000000-0000-7000-8000-00000000000e'

test('What an examiner did is found through an index, among many records of others', async (t) => {
  const { ownerUrl, serviceUrl } = await cloneDatabase(t)
  await runSql(
    ownerUrl,
    `set gateway.migration = 'on';
    insert into archive.search (recorded_at, record_id, type, actor_id, post_id, retention_class, excerpt)
      select now() - make_interval(secs => g), gen_random_uuid(), 'archive.viewed',
          case when g % 1000 = 0 then '${examiner}'::uuid else gen_random_uuid() end, case when g % 10 > 0 then gen_random_uuid() end, 'mifid-7y', ''
        from generate_series(1, 20000) g;
    analyze archive.search`,
  )
  const asked: { sql: string; parameters: readonly unknown[] }[] = []
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool: openPool(serviceUrl, { warn: () => {} }, 1) }),
    log: ({ query: { sql, parameters } }) => void asked.push({ sql, parameters }),
  })
  t.after(() => db.destroy())
  for (const after of [undefined, { at: new Date().toISOString(), id: examiner }]) {
    await readActsOf(db, examiner, after, 51)
    const { sql, parameters } = asked.at(-1)!
    const { rows } = await withClient(ownerUrl, (client) =>
      client.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, [...parameters]),
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    assert.match(plan, /search_\w+_actor_id_recorded_at_record_id_idx/)
  }
})
