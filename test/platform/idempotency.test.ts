import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { forgetIdempotencyKeys } from '#server/platform/idempotency.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

const token = { name: 'reporting' }

async function countTokens(person: SignedIn): Promise<number> {
  return (await person.get('/api/tokens')).json().items.length
}

test('a repeat with the same key and body gets the first answer and is not carried out again', async (t) => {
  const camille = await (await startGateway(t)).signIn('camille')
  const first = await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  const second = await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  assert.equal(first.statusCode, 201)
  assert.equal(second.statusCode, 201)
  assert.equal(second.body, first.body)
  assert.equal(second.headers['content-type'], first.headers['content-type'])
  assert.equal(second.headers['idempotency-replayed'], 'true')
  assert.equal(await countTokens(camille), 1)
})

test('a repeat with another body is refused', async (t) => {
  const camille = await (await startGateway(t)).signIn('camille')
  await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  const other = await camille.post('/api/tokens', { name: 'another' }, { 'idempotency-key': 'one' })
  assert.equal(other.statusCode, 409)
  assert.equal(other.json().code, 'idempotency_conflict')
  assert.equal(await countTokens(camille), 1)
})

test('ten at once with one key are carried out once and all get the same answer', async (t) => {
  const camille = await (await startGateway(t)).signIn('camille')
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => camille.post('/api/tokens', token, { 'idempotency-key': 'one' })),
  )
  assert.equal(new Set(answers.map((answer) => answer.body)).size, 1)
  assert.equal(await countTokens(camille), 1)
})

test('the same key of another person is another key', async (t) => {
  const gateway = await startGateway(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  assert.equal((await ruth.post('/api/tokens', token, { 'idempotency-key': 'one' })).statusCode, 201)
  assert.equal(await countTokens(ruth), 1)
})

test('a refusal is kept like any other answer, and the kept answers are unreadable in the database', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const wish = { name: 'too wide', scopes: ['user.manage'] }
  const first = await camille.post('/api/tokens', wish, { 'idempotency-key': 'wide' })
  const second = await camille.post('/api/tokens', wish, { 'idempotency-key': 'wide' })
  assert.deepEqual([first.statusCode, second.statusCode, second.body], [403, 403, first.body])
  const made = await camille.post('/api/tokens', token, { 'idempotency-key': 'made' })
  const rows = await gateway.db.selectFrom('idempotency_key').select('answer').execute()
  assert.equal(rows.length, 2)
  assert.ok(!JSON.stringify(rows).includes(made.json().token))
})

test('an answer that was sealed under another key of the secret box is lost, and its call is not carried out again', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  const answer = createSecretBox(randomBytes(32)).seal('{}', 'of another key').toString('base64')
  await gateway.db.updateTable('idempotency_key').set({ answer }).execute()
  const repeat = await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  assert.deepEqual([repeat.statusCode, repeat.json().code], [409, 'conflict'])
  assert.equal(await countTokens(camille), 1)
})

test('a key whose call died before it committed is carried out by a repeat; one that committed is not', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  await camille.post('/api/tokens', token, { 'idempotency-key': 'died' })
  const dead = (committed: boolean) =>
    gateway.db
      .updateTable('idempotency_key')
      .set({ status: null, answer: null, committed_at: committed ? gateway.clock.now() : null })
      .execute()
  await dead(true)
  gateway.clock.advance(61_000)
  const refused = await camille.post('/api/tokens', token, { 'idempotency-key': 'died' })
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'conflict'])
  assert.equal(await countTokens(camille), 1)
  await dead(false)
  assert.equal((await camille.post('/api/tokens', token, { 'idempotency-key': 'died' })).statusCode, 201)
  assert.equal(await countTokens(camille), 2)
})

test('two repeats of a call that died are carried out once, and no other key is touched', async (t) => {
  const gateway = await startGateway(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  for (const key of ['died', 'other']) await camille.post('/api/tokens', token, { 'idempotency-key': key })
  await ruth.post('/api/tokens', token, { 'idempotency-key': 'died' })
  const before = gateway.clock.now()
  await gateway.db.updateTable('idempotency_key').set({ status: null, answer: null, committed_at: null }).execute()
  gateway.clock.advance(61_000)
  const repeats = await Promise.all([1, 2].map(() => camille.post('/api/tokens', token, { 'idempotency-key': 'died' })))
  assert.deepEqual([repeats[0]!.statusCode, repeats[0]!.body], [201, repeats[1]!.body])
  assert.equal(await countTokens(camille), 3)
  const untouched = gateway.db.selectFrom('idempotency_key').select('key').where('created_at', '=', before)
  assert.equal((await untouched.where('status', 'is', null).where('committed_at', 'is', null).execute()).length, 2)
})

test('a failure of ours is not kept: the repeat is carried out', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const { ownerUrl } = gateway.database
  await runSql(ownerUrl, 'alter table api_token rename to away')
  const failed = await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  assert.equal(failed.statusCode, 500, failed.body)
  await runSql(ownerUrl, 'alter table away rename to api_token')
  assert.equal((await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })).statusCode, 201)
  assert.equal(await countTokens(camille), 1)
})

test('the key is marked in the transaction of the call itself', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  const row = await gateway.db.selectFrom('idempotency_key').select('committed_at').executeTakeFirstOrThrow()
  assert.notEqual(row.committed_at, null)
})

test('a key of the wrong form is refused, and old keys are forgotten', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const bad = await camille.post('/api/tokens', token, { 'idempotency-key': 'x'.repeat(201) })
  assert.deepEqual([bad.statusCode, bad.json().code], [400, 'invalid_request'])
  await camille.post('/api/tokens', token, { 'idempotency-key': 'one' })
  assert.equal(await forgetIdempotencyKeys(gateway), 0)
  gateway.clock.advance(49 * 3_600_000)
  assert.equal(await forgetIdempotencyKeys(gateway), 1)
})
