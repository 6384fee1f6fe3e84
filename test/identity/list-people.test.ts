import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { User } from '#shared/api/identity.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

interface People {
  readonly items: readonly User[]
  readonly nextCursor: string | null
  readonly total: number
}
const list = async (reader: SignedIn, query = '') => {
  const answer = await reader.get(`/api/users?${query}`)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json<People>()
}

test('A firm of thousands is listed page by page, everybody once, and anybody is found by a part of the name', async (t) => {
  const { gateway } = await furnishFirm(t, { sandbox: false })
  const ada = await gateway.signIn('ada')
  const me = (await ada.get('/api/me')).json<{ unit: { unitId: string } }>()
  const unitId = me.unit.unitId
  await sql`insert into app_user (id, issuer, subject, display_name, email, unit_id, created_at, updated_at)
    select gen_random_uuid(), 'bank', n::text, case when n = 1500 then 'Zoé Ümit_%' else 'Person ' || (n % 700) end, 'p' || n || '@bank.example',
      ${unitId}, now(), now() from generate_series(1, 1500) n`.execute(gateway.db)

  const seen: string[] = []
  let cursor = ''
  do {
    const page = await list(ada, `limit=200${cursor}`)
    assert.equal(page.total, 1501)
    seen.push(...page.items.map((user) => user.userId))
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  assert.equal(new Set(seen).size, 1501)
  assert.equal(seen.length, 1501)

  for (const q of ['zoe', 'ZOÉ', 'umit_%', 'Zoé Ü', 'P1500@bank'])
    assert.deepEqual(
      (await list(ada, `q=${encodeURIComponent(q)}`)).items.map((user) => user.displayName),
      ['Zoé Ümit_%'],
      q,
    )
  assert.deepEqual((await list(ada, 'q=nobody')).total, 0)
  const two = (await list(ada, `ids=${seen[3]},${seen[1400]}`)).items.map((user) => user.userId)
  assert.deepEqual(two.toSorted(), [seen[3]!, seen[1400]!].toSorted())
  const { items: units } = (await ada.get('/api/units')).json<{ items: { unitId: string; people: number }[] }>()
  assert.deepEqual(
    units.map((unit) => [unit.unitId, unit.people]),
    [[unitId, 1501]],
  )
  assert.equal((await ada.get('/api/users?cursor=mine')).json<{ code: string }>().code, 'invalid_request')
  assert.equal((await ada.get('/api/users?ids=mine')).statusCode, 400)
})

test('Who reviews a unit is who holds the role on it or above it, and works here', async (t) => {
  const { gateway } = await furnishFirm(t, { sandbox: false })
  const [ines, tom, ruth, ada] = [
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ruth'),
    await gateway.signIn('ada'),
  ]
  const me = async (person: SignedIn) =>
    (await person.get('/api/me')).json<{ userId: string; displayName: string; unit: { unitId: string } }>()
  const firm = (await me(ines)).unit.unitId
  const addUnit = async (slug: string) =>
    (await ada.post('/api/units', { parentId: firm, name: slug, slug })).json<{ unitId: string }>().unitId
  const [south, north] = [await addUnit('south'), await addUnit('north')]
  await giveRole(gateway, { userId: (await me(ruth)).userId, role: 'reviewer', unitId: south })
  const reviewersOf = async (unit: string) =>
    (await list(ines, `role=reviewer&unit=${unit}`)).items.map((user) => user.userId).toSorted()
  const [inesId, tomId, ruthId] = [(await me(ines)).userId, (await me(tom)).userId, (await me(ruth)).userId]
  assert.deepEqual(await reviewersOf(north), [inesId, tomId].toSorted())
  assert.deepEqual(await reviewersOf(south), [inesId, tomId, ruthId].toSorted())
  await ada.post(`/api/users/${tomId}/deactivate`, { reason: 'left the firm' })
  assert.deepEqual(await reviewersOf(north), [inesId])
})
