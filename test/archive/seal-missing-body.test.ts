import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { openArchive } from '#test/support/open-archive.ts'

test('A body that is destroyed before its first seal holds up no other record, and is named by verification', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const gone = await archive.append({ type: 'post.submitted', body: { text: 'what was said' } })
  await archive.append({ type: 'post.submitted', body: { text: 'what was said too' } })
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'")
  const { rows } = await owner.query<{ name: string }>(
    'select distinct tableoid::regclass::text as name from archive.archive_body',
  )
  for (const { name } of rows) await owner.query(`alter table ${name} disable trigger user`)
  await owner.query('delete from archive.archive_body where id = $1', [gone])
  const sealed = await sealOnce(archive, { force: true })
  assert.deepEqual([sealed.state, sealed.sealedSize], ['sealed', 2])
  const { ok, problems } = await verifyArchive(archive, { scope: 'full' })
  assert.equal(ok, false)
  assert.deepEqual([...new Set(problems.map(({ logIndex }) => logIndex))], [0], JSON.stringify(problems))
})
