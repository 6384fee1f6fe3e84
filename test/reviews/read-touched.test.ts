import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexTouch } from '#server/posts/index-touch.ts'
import { planTouch } from '#server/policies/plan-touch.ts'
import { findTouchedPosts } from '#server/reviews/touched-queries.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { findTouched } from '#shared/api/simulations.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { runSql } from '#test/support/test-cluster.ts'

type Touched = AnswerOf<typeof findTouched>

const moonshot = `rules:
  - id: moonshot
    severity: block
    any: ['moonshot NEAR/3 Lyon']
    tests: [{ hit: "a ⟦moonshot in Lyon⟧" }, { pass: "nothing" }]
`
const draft = testPolicy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', moonshot) }))

async function ask(person: SignedIn, wish: object): Promise<Touched> {
  const answer = await person.post('/api/policies/touched', wish)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json<Touched>()
}

const texts = ({ sample }: Touched) =>
  sample.map(({ excerpt, before, after }) => [excerpt, before, after]).toSorted(([a], [b]) => (a! < b! ? -1 : 1))

test('The posts that a changed rule can touch are found by its words, disguised ones and ones not yet indexed too', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada] = [await gateway.signIn('camille'), await gateway.signIn('ada')]
  await submit(camille, profileId, 'A moonshot for Lyon.')
  await submit(camille, profileId, 'A m00n5hot for Lyon.')
  await submit(camille, profileId, 'The moonshops of Nice.')
  await submit(camille, profileId, 'Our outlook for Paris.')
  gateway.clock.advance(1_000)
  assert.equal(await indexTouch(gateway), 4)
  assert.equal(await indexTouch(gateway), 0)

  const found = await ask(ada, { files: draft })
  assert.deepEqual([found.changedRules, found.everything, found.count], [['moonshot'], [], 3])
  assert.deepEqual(texts(found), [
    ['A m00n5hot for Lyon.', 'pass', 'block'],
    ['A moonshot for Lyon.', 'pass', 'block'],
    ['The moonshops of Nice.', 'pass', 'pass'],
  ])
  await submit(camille, profileId, 'Something else altogether.')
  gateway.clock.advance(1_000)
  assert.equal((await ask(ada, { files: draft })).count, 4, 'what is not indexed yet may be touched')
  await indexTouch(gateway)
  assert.equal((await ask(ada, { files: draft })).count, 3)
  assert.equal((await ask(ada, { files: testPolicy })).count, 0, 'nothing changed')
})

test('A change that no word gives away touches every post, and says which', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada] = [await gateway.signIn('camille'), await gateway.signIn('ada')]
  await submit(camille, profileId, 'Anything.')
  gateway.clock.advance(1_000)
  const files = draft.map(({ path, text }) => ({
    path,
    text: text.replace("any: ['moonshot NEAR/3 Lyon']", 'detector: iban'),
  }))
  const found = await ask(ada, { files })
  assert.deepEqual([found.everything, found.count, found.sample.length], [['moonshot'], null, 1])
  assert.equal((await camille.post('/api/policies/touched', { files })).statusCode, 403)
})

test('Of more posts than are counted the newest are, and the answer says that there are more', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const times: string[] = []
  for (const number of [1, 2, 3, 4, 5]) {
    await submit(camille, profileId, `A moonshot for Lyon, ${number}.`)
    gateway.clock.advance(1_000)
    times.push(gateway.clock.now())
  }
  await indexTouch(gateway)
  await submit(camille, profileId, 'Nothing.')
  gateway.clock.advance(1_000)
  const { keys } = planTouch(testPolicy, draft)
  const period = { units: null, from: null, to: gateway.clock.now() }
  const some = await findTouchedPosts(gateway.db, period, keys, 2, 3)
  assert.deepEqual([some.count, some.isMore], [3, true])
  assert.deepEqual(
    some.newest.map(({ excerpt }) => excerpt),
    ['Nothing.', 'A moonshot for Lyon, 5.'],
    'what is not indexed yet comes first',
  )
  const early = await findTouchedPosts(gateway.db, { ...period, to: times[3]! }, keys, 1, 1)
  assert.deepEqual([early.count, early.isMore, early.newest[0]!.excerpt], [1, true, 'A moonshot for Lyon, 4.'])
  const all = await findTouchedPosts(gateway.db, period, keys, 50)
  assert.deepEqual([all.count, all.isMore, all.newest.length], [6, false, 6])
})

test('What was entered into the index is merged at once: a question would read a list of pending entries for each of its words', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  await submit(await gateway.signIn('camille'), profileId, 'A moonshot for Lyon.')
  await indexTouch(gateway)
  const pending = `select from gin_metapage_info(get_raw_page('post_revision_touch_keys', 0)) where n_pending_tuples > 0`
  await runSql(
    gateway.database.ownerUrl,
    `create extension pageinspect; do $$ begin if exists (${pending}) then raise exception 'entries are pending'; end if; end $$`,
  )
})

test('What an older reader entered is made again', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  await submit(camille, profileId, 'A moonshot for Lyon.')
  await indexTouch(gateway)
  await runSql(gateway.database.ownerUrl, `update post_revision_touch set reader = 0, keys = '{}'`)
  assert.equal(await indexTouch(gateway), 1)
})
