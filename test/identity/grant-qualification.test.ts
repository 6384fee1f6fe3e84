import assert from 'node:assert/strict'
import { test } from 'node:test'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'

const principalsDecide = testPolicy.map(({ path, text }) => ({
  path,
  text: text.replace('need: 1 }', 'need: 1, qualification: principal }'),
}))

test('A stage that asks for a registered principal is decided only by who holds that right on that day (FIN-1, FCA-3)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: principalsDecide })
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  const userId = (await ines.get('/api/me')).json<{ userId: string }>().userId
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  const decide = (person: typeof ines) =>
    person.post(`/api/reviews/${post.reviews[0]!.reviewId}/decision`, {
      outcome: 'approved',
      contentHash: post.contentHash,
    })
  const codeOf = async (person: typeof ines) => (await decide(person)).json<{ code: string }>().code
  assert.equal(await codeOf(ines), 'not_qualified')

  const dayMilliseconds = 86_400_000
  const inDays = (days: number) => new Date(Date.parse(gateway.clock.now()) + days * dayMilliseconds).toISOString()
  const right = { userId, qualification: 'principal', validFrom: inDays(1), validUntil: inDays(3) }
  const granted = await ada.post('/api/qualifications', right)
  assert.equal(granted.statusCode, 201, granted.body)
  assert.equal(await codeOf(ines), 'not_qualified', 'from tomorrow on')
  gateway.clock.advance(4 * dayMilliseconds)
  const later = {
    ines: await gateway.signIn('ines'),
    tom: await gateway.signIn('tom'),
    ada: await gateway.signIn('ada'),
  }
  assert.equal(await codeOf(later.ines), 'not_qualified', 'it has ended')
  await later.ada.post('/api/qualifications', { userId, qualification: 'principal', validFrom: gateway.clock.now() })
  assert.equal(await codeOf(later.tom), 'not_qualified', 'the right is another person’s')
  assert.equal((await decide(later.ines)).statusCode, 200)
})

test('Nobody enters their own qualification', async (t) => {
  const { gateway } = await furnishFirm(t, { sandbox: false })
  const ada = await gateway.signIn('ada')
  const userId = (await ada.get('/api/me')).json<{ userId: string }>().userId
  const answer = await ada.post('/api/qualifications', {
    userId,
    qualification: 'principal',
    validFrom: gateway.clock.now(),
  })
  assert.equal(answer.json<{ code: string }>().code, 'second_person_required')
})

test('A qualification is entered by the name that the shipped policies give it, hyphen and all', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ines, ada] = [await gateway.signIn('ines'), await gateway.signIn('ada')]
  const userId = (await ines.get('/api/me')).json<{ userId: string }>().userId
  for (const qualification of ['finra-principal', 's21-approver']) {
    const granted = await ada.post('/api/qualifications', { userId, qualification, validFrom: gateway.clock.now() })
    assert.equal(granted.statusCode, 201, granted.body)
  }
})
