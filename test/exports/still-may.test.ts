import assert from 'node:assert/strict'

import { readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { downloadExport } from '#server/exports/download-export.ts'
import { runExports } from '#server/exports/run-export.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import type { Export } from '#shared/api/exports.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'
import { makeExport } from './make-export.ts'

const losses = {
  'the role is taken away': `update role_grant set revoked_at = granted_at + interval '1 second' where user_id in (select id from app_user where display_name ilike 'ruth%')`,
  'the person is deactivated': `update app_user set active = false where display_name ilike 'ruth%'`,
  'the role holds on a branch only': `
    insert into unit (id, parent_id, name, slug, path, created_at)
      select '0190163d-8694-739b-aea5-966c26f8ad91', id, 'Paris', 'paris', path || '0190163d-8694-739b-aea5-966c26f8ad91'::uuid, now()
        from unit where parent_id is null;
    update role_grant set unit_id = '0190163d-8694-739b-aea5-966c26f8ad91' where user_id in (select id from app_user where display_name ilike 'ruth%')`,
}

/** Signs with a loss just before: the manifest is signed when everything else is written. */
function losing(gateway: TestGateway, loss: string): Pick<TestGateway, 'checkpointSigner'> {
  const { checkpointSigner } = gateway
  return {
    checkpointSigner: {
      ...checkpointSigner,
      sign: async (text) => {
        await runSql(gateway.database.ownerUrl, loss)
        gateway.clock.advance(5_000)
        return checkpointSigner.sign(text)
      },
    },
  }
}

for (const [what, loss] of Object.entries(losses))
  test(`an export ends without a package, and says why, when ${what} before or while it is made`, async (t) => {
    for (const moment of ['before', 'while'] as const)
      await t.test(moment, async (inner) => {
        const { gateway } = await furnishFirm(inner)
        const ruth = await gateway.signIn('ruth')
        const { exportId } = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
        await sealOnce(gateway, { force: true })
        if (moment === 'before') {
          await runSql(gateway.database.ownerUrl, loss)
          gateway.clock.advance(5_000)
          assert.equal(await runExports(gateway), 1)
        } else assert.equal(await runExports({ ...gateway, ...losing(gateway, loss) }), 1)
        const row = await gateway.db
          .selectFrom('export')
          .select(['status', 'failure'])
          .where('id', '=', exportId)
          .executeTakeFirstOrThrow()
        assert.deepEqual(
          [row.status, row.failure],
          ['failed', 'Whoever asked for this export may no longer have it. Somebody who may must ask for it.'],
        )
        assert.deepEqual(await readdir(join(gateway.config.dataDirectory, 'exports')), [])
        const record = await gateway.db
          .selectFrom('archive.archive_record')
          .select('id')
          .where('type', '=', 'export.failed')
          .execute()
        assert.equal(record.length, 1)
      })
  })

test('who loses the right during a download gets neither the rest of it nor a further range, and that is a record', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = await makeExport(gateway, ruth, {})
  const path = join(gateway.config.dataDirectory, 'exports', `${exportId}.zip`)
  const size = 60_000_000
  await truncate(path, size)
  await runSql(gateway.database.ownerUrl, `update export set size = ${size} where id = '${exportId}'`)
  const address = await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `${address}/api/exports/${exportId}/download`
  const headers = { cookie: ruth.headers['cookie']! }

  assert.equal(
    (await (await fetch(url, { headers })).arrayBuffer()).byteLength,
    size,
    'all of it while the right lasts',
  )
  const deactivate = () =>
    runSql(gateway.database.ownerUrl, `update app_user set active = false where display_name ilike 'ruth%'`)
  const answer = await fetch(url, { headers })
  const reader = answer.body!.getReader()
  let got = (await reader.read()).value!.length
  await deactivate()
  await assert.rejects(async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) got += next.value.length
  })
  assert.ok(got < size / 2, `${got} bytes came`)
  assert.equal((await fetch(url, { headers: { ...headers, range: 'bytes=5-6' } })).status, 401)
  const denied = await gateway.db
    .selectFrom('archive.archive_record')
    .select('id')
    .where('type', '=', 'permission.denied')
    .execute()
  assert.equal(denied.length, 1)
})

test('a second range in one answer is not sent to who lost the right during the first', async (t) => {
  const { gateway } = await furnishFirm(t)
  const { exportId, requestedBy } = await makeExport(gateway, await gateway.signIn('ruth'), {})
  const path = join(gateway.config.dataDirectory, 'exports', `${exportId}.zip`)
  await truncate(path, 8_000_000)
  await runSql(gateway.database.ownerUrl, `update export set size = 8000000 where id = '${exportId}'`)
  const actor = (await loadActor(gateway.db, requestedBy.userId, gateway.clock.now()))!
  const fetchBoth = async (during: () => Promise<unknown>) => {
    const { body } = await downloadExport(gateway, actor, exportId, { range: 'bytes=0-6999999,7999990-7999999' })
    let got = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (got === 0) await during()
      got += chunk.length
    }
    return got
  }
  assert.ok((await fetchBoth(async () => {})) > 7_000_010)
  await assert.rejects(
    fetchBoth(() => runSql(gateway.database.ownerUrl, `update app_user set active = false`)),
    /may not any more/,
  )
})
