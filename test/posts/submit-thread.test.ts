import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { CheckAnswer } from '#shared/api/policies.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { runSql } from '#test/support/test-cluster.ts'

const [shipped] = testPolicy
const policy = [
  {
    path: shipped!.path,
    text: shipped!.text.replace(
      'rules:\n',
      `disclosures:
  risk: { any: ['capital at risk'], text: { en: Capital at risk., fr: Capital at risk. } }
rules:
  - id: warning
    severity: block
    when: 'post.topics.contains("product")'
    require: { disclosure: risk }
    tests: [{ hit: 'Buy', with: { post: { topics: [product] } } }, { pass: 'Buy' }]
  - id: lasting
    severity: block
    require: { lasting: true }
    tests: [{ hit: 'Buy', with: { post: { format: story } } }, { pass: 'Buy' }]
`,
    ),
  },
]

test('Each item of a thread is judged alone and the whole too, and a finding names its item (FCA-1)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const camille = await gateway.signIn('camille')
  const check = async (body: object): Promise<CheckAnswer> => {
    const answer = await camille.post('/api/policy/check', { profileIds: [profileId], ...body })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json<CheckAnswer>()
  }
  const told = (answer: CheckAnswer) =>
    answer.findings.map(({ ruleId, spans }) => [
      ruleId,
      ...spans.map(({ item, start, end }) => [item ?? 0, start, end]),
    ])

  const later = await check({ text: 'One', thread: ['Two', 'guaranteed returns'] })
  assert.deepEqual(told(later), [['promise', [2, 0, 18]]])
  const across = await check({ text: 'This is guaranteed', thread: ['returns for all'] })
  assert.deepEqual(told(across), [['promise', [0, 8, 18], [1, 0, 7]]])
  const bare = await check({ text: 'Capital at risk.', thread: ['Buy it', 'Capital at risk.'], topics: ['product'] })
  assert.deepEqual(told(bare), [['warning', [1, 0, 6]]])
  assert.equal((await check({ text: 'One', thread: ['Two'] })).verdict, 'pass')
})

test('A thread is kept, approved and published whole, and another item or another audience is another content (FCA-5)', async (t) => {
  const { gateway, profileId, sandboxDirectory } = await furnishFirm(t, { policy })
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'One', { thread: ['Two', 'Three'], audience: 'clients' })
  assert.deepEqual(
    [post.revision.thread, post.revision.audience, post.revision.format],
    [['Two', 'Three'], 'clients', null],
  )
  const other = await submit(camille, profileId, 'One', { thread: ['Two', 'Four'], audience: 'clients' })
  assert.notEqual(other.contentHash, post.contentHash)
  const forStaff = await submit(camille, profileId, 'One', { thread: ['Two', 'Three'], audience: 'staff' })
  assert.notEqual(forStaff.contentHash, post.contentHash)
  await approve(ines, post)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
  const files = await readdir(sandboxDirectory, { recursive: true })
  const bodies = await Promise.all(
    files.filter((name) => name.endsWith('.json')).map((name) => readFile(join(sandboxDirectory, name), 'utf8')),
  )
  assert.ok(
    bodies.some((body) => body.includes('"thread":["Two","Three"]')),
    bodies.join('\n'),
  )
  const scheduledAt = addMilliseconds(gateway.clock.now(), 86_400_000)
  const moved = await camille.post(`/api/posts/${other.postId}/reschedule`, { scheduledAt })
  assert.deepEqual(moved.json<Post>().revision.thread, ['Two', 'Four'])
})

test('An altered item of an approved thread never leaves', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'One', { thread: ['Two'] })
  await approve(ines, post)
  await runSql(gateway.database.ownerUrl, `update post_revision set thread = '{Guaranteed}'`)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).publications[0]?.status, 'failed')
})

test('A format that deletes itself is blocked, with its rule in the record (FIN-11)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, 'One', { format: 'story' })
  assert.deepEqual([post.status, post.findings.map((finding) => finding.ruleId)], ['blocked', ['lasting']])
})

test('An empty item and half a character in an item are refused', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const camille = await gateway.signIn('camille')
  const send = async (thread: string[]) =>
    (await camille.post('/api/posts', { text: 'One', thread, profileIds: [profileId], submit: true })).statusCode
  assert.deepEqual([await send(['  ']), await send(['half \ud800']), await send([''])], [422, 400, 422])
})
