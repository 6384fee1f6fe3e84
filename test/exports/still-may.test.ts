import assert from 'node:assert/strict'

import { readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { sealOnce } from '#server/archive/seal-records.ts'
import { downloadExport } from '#server/exports/download-export.ts'
import { runExports } from '#server/exports/run-export.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import type { Export } from '#shared/api/exports.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
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

test('who loses the right during a download, signs out or revokes their token gets neither the rest of it nor a further range, and that is a record', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ruth, leaving] = [await gateway.signIn('ruth'), await gateway.signIn('ruth')]
  const { exportId } = await makeExport(gateway, ruth, {})
  const path = join(gateway.config.dataDirectory, 'exports', `${exportId}.zip`)
  const size = 40_000_000
  await truncate(path, size)
  await runSql(gateway.database.ownerUrl, `update export set size = ${size} where id = '${exportId}'`)
  const address = await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `${address}/api/exports/${exportId}/download`
  const made = await ruth.post('/api/tokens', { name: 'script', scopes: ['export.read'] })
  const { token, tokenId } = made.json<{ token: string; tokenId: string }>()
  const bearer = { authorization: `Bearer ${token}` }
  const cookieOf = (person: SignedIn) => ({ cookie: person.headers['cookie']! })

  const whole = await (await fetch(url, { headers: bearer })).arrayBuffer()
  assert.equal(whole.byteLength, size, 'all of it while the right lasts')
  const losses: [Record<string, string>, () => Promise<unknown>][] = [
    [bearer, () => ruth.inject({ method: 'DELETE', url: `/api/tokens/${tokenId}` })],
    [cookieOf(leaving), () => leaving.post('/auth/logout')],
    [
      cookieOf(ruth),
      () => runSql(gateway.database.ownerUrl, `update app_user set active = false where display_name ilike 'ruth%'`),
    ],
  ]
  for (const [headers, lose] of losses) {
    const reader = (await fetch(url, { headers })).body!.getReader()
    let got = (await reader.read()).value!.length
    await lose()
    await assert.rejects(async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) got += next.value.length
    }, String(lose))
    assert.ok(got < size / 2, `${got} bytes came: ${String(lose)}`)
    assert.equal((await fetch(url, { headers: { ...headers, range: 'bytes=5-6' } })).status, 401)
  }
  const { rows } = await sql<{ body: string }>`
    select convert_from(body, 'UTF8') as body from archive.archive_record join archive.archive_body using (dispose_month, recorded_at, id)
      where type = 'permission.denied' order by recorded_at, id`.execute(gateway.db)
  assert.equal(rows.length, 3)
  for (const { body } of rows) assert.match(body, /"code":"unauthenticated".*"duringDownload":true/)
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
  const takeSlowly = async (during: () => Promise<unknown>) => {
    const { body } = await downloadExport(gateway, actor, exportId, {})
    let got = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (got === 0) await during()
      gateway.clock.advance(1_000)
      got += chunk.length
    }
    return got
  }
  assert.equal(await takeSlowly(async () => {}), 8_000_000)
  await assert.rejects(
    fetchBoth(() => runSql(gateway.database.ownerUrl, `update app_user set active = false`)),
    /may not any more/,
  )
  // Less than eight megabytes: of whoever takes them slowly it is asked by the clock, and so is whether it is still kept.
  const kept = `update app_user set active = true; update export set status = 'completed', failure = null, keep_until = requested_at + interval '1 year'`
  for (const loss of [
    `update export set keep_until = requested_at`,
    `update export set status = 'removed', failure = 'x'`,
    `update app_user set active = false`,
  ]) {
    await runSql(gateway.database.ownerUrl, kept)
    await assert.rejects(
      takeSlowly(() => runSql(gateway.database.ownerUrl, loss)),
      /may not any more/,
      loss,
    )
  }
})
