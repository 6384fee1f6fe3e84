import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyVersion } from '#shared/api/policies.ts'
import { furnishFirm, simulate, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { runSql } from '#test/support/test-cluster.ts'

/** The test policy with one more blocked word. */
const files = (word: string) =>
  testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace(
      'rules:\n',
      `rules:\n  - { id: ban-${word}, severity: block, any: ['${word}'], message: { en: No., fr: Non. }, tests: [{ hit: "a ⟦${word}⟧" }, { pass: "b" }] }\n`,
    ),
  }))

async function write(person: SignedIn, word: string): Promise<string> {
  const answer = await person.post('/api/policies/versions', { files: files(word) })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<PolicyVersion>().version
}

async function codeOf(person: SignedIn, version: string, act: string, body: object = {}): Promise<string> {
  const answer = await person.post(`/api/policies/versions/${version}/${act}`, body)
  return answer.statusCode < 300 ? 'done' : answer.json<{ code: string }>().code
}

const now = { reason: 'now' }
const emergency = { reason: 'now', emergency: true }

test('A version is written, approved and activated once, and what is none is not found', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const { activeVersion: shipped } = (await ada.get('/api/policies')).json<{ activeVersion: string }>()
  assert.equal(await codeOf(ines, shipped, 'approve'), 'wrong_status', 'nobody approves what the program brought')
  assert.equal(await codeOf(ines, shipped, 'activate', now), 'wrong_status')
  const version = await write(ada, 'moonshot')
  const again = await ines.post('/api/policies/versions', { files: files('moonshot') })
  assert.deepEqual([again.statusCode, again.json<{ code: string }>().code], [409, 'conflict'])
  await simulate(gateway, ada, version)
  assert.equal(await codeOf(ines, version, 'approve'), 'done')
  assert.equal(await codeOf(ines, version, 'approve'), 'wrong_status')
  assert.equal(await codeOf(ada, version, 'activate', emergency), 'wrong_status', 'what is approved is no emergency')
  assert.equal(await codeOf(ada, version, 'activate', now), 'done')
  assert.equal(await codeOf(ada, version, 'activate', now), 'wrong_status')
  const none = '0'.repeat(64)
  for (const [act, body] of [
    ['approve', {}],
    ['activate', now],
    ['activate', emergency],
  ] as const)
    assert.equal(await codeOf(ines, none, act, body), 'not_found', act)
})

test('An emergency adds to an active version, and where none is active there is none', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const version = await write(ada, 'moonshot')
  await runSql(gateway.database.ownerUrl, `update policy_version set state = 'retired' where state = 'active'`)
  assert.equal(await codeOf(ada, version, 'activate', emergency), 'wrong_status')
})

test('A policy owner of one unit neither approves, activates nor starts what binds the firm', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, camille] = [await gateway.signIn('ada'), await gateway.signIn('camille')]
  const { userId, unit } = (await camille.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  const paris = await ada.post('/api/units', { parentId: unit.unitId, name: 'Paris', slug: 'paris' })
  await giveRole(gateway, { userId, role: 'policy_owner', unitId: paris.json<{ unitId: string }>().unitId })
  const version = await write(ada, 'moonshot')
  await simulate(gateway, ada, version)
  assert.equal(await codeOf(camille, version, 'approve'), 'forbidden')
  assert.equal(await codeOf(camille, version, 'activate', emergency), 'forbidden')
  assert.equal(await codeOf(await gateway.signIn('ines'), version, 'approve'), 'done')
  assert.equal(await codeOf(camille, version, 'activate', now), 'forbidden')
})

test('Whoever started an emergency does not approve it, nor does its author; a third person does', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines, tom] = [await gateway.signIn('ada'), await gateway.signIn('ines'), await gateway.signIn('tom')]
  const { userId, unit } = (await tom.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  await giveRole(gateway, { userId, role: 'policy_owner', unitId: unit.unitId })
  const version = await write(ada, 'moonshot')
  assert.equal(await codeOf(ines, version, 'activate', emergency), 'done')
  assert.equal(await codeOf(ines, version, 'approve'), 'second_person_required')
  assert.equal(await codeOf(ada, version, 'approve'), 'second_person_required')
  assert.equal(await codeOf(tom, version, 'approve'), 'done')
})

test('A version whose stage names a unit that the firm does not have is refused at its line, in the officer’s language', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const routed = (unit: string) =>
    testPolicy.map(({ path, text }) => ({ path, text: text.replace('need: 1 }', `need: 1, unit: ${unit} }`) }))
  const { unit } = (await ada.get('/api/me')).json<{ unit: { unitId: string } }>()
  const [{ slug }] = (await gateway.db.selectFrom('unit').select('slug').execute()) as [{ slug: string }]
  const refuse = async (name: string, language: string) => {
    const answer = await ada.post('/api/policies/versions', { files: routed(name) }, { 'accept-language': language })
    assert.equal(answer.statusCode, 422, answer.body)
    return answer.json<{ problems: { field: string; message: string }[] }>().problems
  }
  const line =
    routed('x')[0]!
      .text.split('\n')
      .findIndex((text) => text.includes('unit: x')) + 1
  assert.deepEqual(await refuse(`${slug}s`, 'en'), [
    {
      field: `test/rules.yaml:${line}`,
      message: `The firm has no unit "${slug}s", so nobody could decide this stage. Write ${slug}, or enter the unit first.`,
    },
  ])
  const [french] = await refuse('conformite-paris', 'fr')
  assert.match(
    french!.message,
    /L’établissement n’a pas d’unité «\u00a0conformite-paris\u00a0»\u00a0: personne.*Créez d’abord l’unité/,
  )
  for (const name of [slug, unit.unitId])
    assert.equal((await ada.post('/api/policies/versions', { files: routed(name) })).statusCode, 201, name)
})
