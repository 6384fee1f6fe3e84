import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postStatuses, type PostStatus } from '#shared/post-status.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'

const beforeLeaving: readonly PostStatus[] = [
  'draft',
  'blocked',
  'in_review',
  'changes_requested',
  'rejected',
  'approved',
  'scheduled',
  'failed',
  'stopped',
  'expired',
]
/** In which states an author may do what with their own post; in all others it is refused. */
const allowed: Readonly<Record<string, readonly PostStatus[]>> = {
  withdraw: beforeLeaving,
  revisions: [...beforeLeaving, 'withdrawn'],
  reschedule: [...beforeLeaving, 'withdrawn'],
  submit: ['draft', 'blocked'],
}

test('What is under way, out or taken back is neither edited, handed in, moved nor withdrawn by its author', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const wish = { text: 'We open our branch in Lyon on Monday.', profileIds: [profileId] }
  const bodies: Record<string, object> = { revisions: wish, reschedule: { scheduledAt: null } }
  for (const [act, statuses] of Object.entries(allowed)) {
    for (const status of postStatuses) {
      const { postId } = (await camille.post('/api/posts', wish)).json<{ postId: string }>()
      await gateway.db.updateTable('post').set({ status }).where('id', '=', postId).execute()
      const answer = await camille.post(`/api/posts/${postId}/${act}`, bodies[act])
      const told = answer.statusCode < 300 ? 'done' : answer.json<{ code: string }>().code
      assert.equal(told, statuses.includes(status) ? 'done' : 'wrong_status', `${act} of a post that is ${status}`)
      if (told !== 'done') assert.equal((await readPost(camille, postId)).status, status, 'it stays as it was')
    }
  }
})

test('What never came out has nothing to retract, and what is out is retracted once', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  const retract = async () => (await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'x' })).statusCode
  assert.equal(await retract(), 409)
  await approve(ines, post)
  assert.equal(await retract(), 409)
  await runJobs(gateway)
  assert.equal(await retract(), 200)
  assert.equal(await retract(), 409, 'it is asked for already')
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'retracted')
  assert.equal(await retract(), 409)
})
