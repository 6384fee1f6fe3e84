import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPerson } from '#server/commands/find-person.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'

test('A command acts for a person by e-mail or subject, within their rights, and for nobody else', async (t) => {
  const { gateway } = await furnishFirm(t, { sandbox: false })
  await gateway.signIn('ruth')
  await gateway.signIn('camille')
  const rows = await gateway.db.selectFrom('app_user').select(['id', 'email', 'subject', 'display_name']).execute()
  const ruth = rows.find((row) => row.display_name.startsWith('Ruth'))!
  const camille = rows.find((row) => row.display_name.startsWith('Camille'))!
  for (const name of [ruth.email!, ruth.subject])
    assert.equal((await findPerson(gateway, name, 'export.create', 'export')).userId, ruth.id)
  await assert.rejects(findPerson(gateway, camille.email!, 'export.create', 'export'), {
    code: 'forbidden',
    message: `${camille.email} may not export.`,
  })
  await assert.rejects(findPerson(gateway, 'nobody@firm.example', 'export.create', 'export'), { code: 'not_found' })
  const ada = await gateway.signIn('ada')
  const left = await ada.post(`/api/users/${ruth.id}/deactivate`, { reason: 'Left the firm' })
  assert.ok(left.statusCode < 300, left.body)
  await assert.rejects(findPerson(gateway, ruth.email!, 'export.create', 'export'), { code: 'not_found' })
})
