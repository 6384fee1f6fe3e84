import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Post } from '#shared/api/posts.ts'
import type { Review, ReviewSummary } from '#shared/api/reviews.ts'
import { approve, furnishFirm, readPost, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

const text = 'We open our branch in Lyon on Monday.'

interface Queue {
  readonly items: readonly ReviewSummary[]
  readonly nextCursor: string | null
  readonly facets: { readonly status: Record<string, number>; readonly network: Record<string, number> }
}
const readQueue = async (reviewer: SignedIn, query: string) =>
  (await reviewer.get(`/api/reviews?${query}`)).json<Queue>()

const open = async (reader: SignedIn, post: Post, stage?: string) => {
  const review = post.reviews.find((candidate) => stage === undefined || candidate.stage === stage)!
  return (await reader.get(`/api/reviews/${review.reviewId}`)).json<Review>()
}

test('What was decided is listed with the last decision first, page by page, none twice and none left out', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const posts: Post[] = []
  for (let number = 0; number < 5; number += 1) posts.push(await submit(camille, profileId, `${text} No. ${number}`))
  const order = [2, 0, 4, 1, 3].map((at) => posts[at]!)
  for (const post of order) {
    gateway.clock.advance(60_000)
    await approve(ines, post)
  }
  const waiting = await submit(camille, profileId, text)

  const seen: string[] = []
  let cursor = ''
  do {
    const page = await readQueue(ines, `status=approved,rejected&sort=closed&limit=2${cursor}`)
    seen.push(...page.items.map((item) => item.postId))
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  assert.deepEqual(seen, order.map((post) => post.postId).toReversed())

  const all = await readQueue(ines, 'status=open,approved&sort=closed')
  assert.equal(all.items.length, 5, 'what is open was not closed')
  assert.ok(all.items.every((item) => item.postId !== waiting.postId))
  assert.deepEqual(all.facets, {
    status: { open: 1, approved: 5 },
    severity: { none: 6 },
    network: { sandbox: 6 },
    unit: { [waiting.unitId]: 6 },
    assignee: { none: 6 },
  })
})

test('The queue of a branch holds its own and what lies below, and counts nothing else', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ruth, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ruth'),
    await gateway.signIn('ada'),
  ]
  const me = (await camille.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  const addUnit = async (slug: string, parentId: string) =>
    (await ada.post('/api/units', { parentId, name: slug, slug })).json<{ unitId: string }>().unitId
  const south = await addUnit('south', me.unit.unitId)
  const nice = await addUnit('nice', south)
  const moveTo = (unitId: string) =>
    gateway.db.updateTable('app_user').set({ unit_id: unitId }).where('id', '=', me.userId).execute()
  const atHead = await submit(camille, profileId, text)
  await moveTo(nice)
  const inNice = await submit(camille, profileId, text)
  const ruthId = (await ruth.get('/api/me')).json<{ userId: string }>().userId
  await giveRole(gateway, { userId: ruthId, role: 'reviewer', unitId: south })

  const ofSouth = await readQueue(ruth, '')
  assert.deepEqual(
    ofSouth.items.map((item) => item.postId),
    [inNice.postId],
  )
  assert.deepEqual(ofSouth.facets.status, { open: 1 })
  assert.equal((await ruth.get('/api/reviews/summary')).json<{ open: number }>().open, 1)
  assert.equal((await ines.get('/api/reviews/summary')).json<{ open: number }>().open, 2)
  const narrowed = await readQueue(ines, `unit=${south}`)
  assert.deepEqual(
    narrowed.items.map((item) => item.postId),
    [inNice.postId],
  )
  assert.equal((await readQueue(ruth, `unit=${atHead.unitId}`)).items.length, 1, 'a wider unit opens nothing more')
})

test('Who may not decide is offered nothing that would be refused, and reads why', async (t) => {
  const stages = '{ name: first }, { name: expert, qualification: finra-principal }'
  const policy = testPolicy.map(({ path, text: yaml }) => ({
    path,
    text: yaml.replace('{ name: compliance, need: 1 }', stages),
  }))
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const camilleId = (await camille.get('/api/me')).json<{ userId: string }>().userId
  const post = await submit(camille, profileId, text)
  await giveRole(gateway, { userId: camilleId, role: 'reviewer', unitId: post.unitId })

  const own = await open(camille, post, 'first')
  assert.deepEqual([own.allowedActions, own.refusal?.code], [[], 'own_post'])
  const free = await open(ines, post, 'first')
  assert.deepEqual([free.allowedActions.includes('approve'), free.refusal], [true, null])
  assert.deepEqual((await open(ines, post, 'expert')).allowedActions, [], 'a stage that waits offers nothing')
  await approve(ines, post)

  const second = await open(ines, post, 'expert')
  assert.deepEqual([second.allowedActions, second.refusal?.code], [['escalate', 'delegate'], 'second_person_required'])
  const unqualified = await open(tom, post, 'expert')
  assert.deepEqual(unqualified.allowedActions, ['escalate', 'delegate'])
  assert.deepEqual(unqualified.refusal, {
    code: 'not_qualified',
    detail: 'This stage asks for the qualification “finra-principal”, which you do not hold today.',
  })
})

test('What was handed to a colleague says so in the queue, and is theirs alone to decide', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const him = (await tom.get('/api/me')).json<{ userId: string; displayName: string }>()
  const handed = await ines.post(`/api/reviews/${post.reviews[0]!.reviewId}/delegate`, { userId: him.userId })
  assert.equal(handed.statusCode, 200, handed.body)
  const [item] = (await readQueue(ines, '')).items
  assert.deepEqual(item!.assignedTo, { userId: him.userId, displayName: him.displayName })
  const mine = await open(ines, post)
  assert.deepEqual(mine.allowedActions, ['escalate', 'delegate'])
  assert.deepEqual(mine.refusal, {
    code: 'already_claimed',
    detail: `This review was handed to ${him.displayName}.`,
  })
  assert.deepEqual(
    [(await open(tom, post)).allowedActions.includes('approve'), (await open(tom, post)).refusal],
    [true, null],
  )
})

test('A claim that lapsed is nobody’s on every page, and whom a review was handed to is named', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const tom = (await (await gateway.signIn('tom')).get('/api/me')).json<{ userId: string; displayName: string }>()
  const post = await submit(camille, profileId, text)
  const reviewId = post.reviews[0]!.reviewId
  const { displayName } = (await ines.get('/api/me')).json<{ displayName: string }>()
  const whoHasIt = async () => {
    const mine = (await camille.get('/api/posts?author=me')).json<{ items: { waitingFor: string }[] }>()
    const read = await readPost(camille, post.postId)
    return [mine.items[0]!.waitingFor, read.waitingFor, read.reviews[0]!.claimedBy?.displayName ?? 'nobody']
  }
  assert.equal((await ines.post(`/api/reviews/${reviewId}/claim`)).statusCode, 200)
  assert.deepEqual(await whoHasIt(), [displayName, displayName, displayName])
  gateway.clock.advance(10 * 60_000 + 1)
  assert.deepEqual(await whoHasIt(), ['compliance', 'compliance', 'nobody'])
  assert.equal((await ines.post(`/api/reviews/${reviewId}/delegate`, { userId: tom.userId })).statusCode, 200)
  assert.deepEqual(await whoHasIt(), [tom.displayName, tom.displayName, 'nobody'])
  assert.equal((await readPost(camille, post.postId)).reviews[0]!.assignedTo?.userId, tom.userId)
})
