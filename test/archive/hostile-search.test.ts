import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { runExports } from '#server/exports/run-export.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { Export } from '#shared/api/exports.ts'
import { download } from '#test/exports/make-export.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { hostilePieces, makeHostileText } from '#test/support/hostile-texts.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const longest = 500

/** Searches that somebody makes up to break or to stall it; each as long as one may be. */
const queries = [
  ...hostilePieces,
  'a ',
  'a OR ',
  'OR ',
  '-a ',
  'a* ',
  '-a* ',
  '" ',
  '"a" ',
  '-"a ',
  '* ',
  '- ',
  '-- ',
  '"-" OR ',
  ':* & | ! ( ) <-> ',
  "'; drop table post; -- ",
  "'':A* ",
  '\\',
  '\\"',
  "a'b ",
  '<->',
  '\t',
  '\u{feff}',
  '\0',
  'a\0b ',
  '\u202e\u2066',
  '\u200f',
  '\u0301',
  '𝔞 ',
  '👩‍👩‍👧 ',
  'ﷺ ',
  'ǅ ',
  'é\u0301* ',
  '"\0" OR -"\0" ',
].map((piece) => makeHostileText(piece, longest).toWellFormed())

async function furnish(t: TestContext): Promise<{ gateway: TestGateway; ruth: SignedIn }> {
  const { gateway, profileId } = await furnishFirm(t)
  await submit(await gateway.signIn('camille'), profileId, 'Our view of bonds, a b c')
  await sealOnce(gateway, { force: true })
  return { gateway, ruth: await gateway.signIn('ruth') }
}

test('no search of any letters stalls or breaks the archive', async (t) => {
  const { gateway, ruth } = await furnish(t)
  for (const q of queries) {
    const cpu = process.cpuUsage()
    const answer = await ruth.get(`/api/archive/records?q=${encodeURIComponent(q)}&count=exact`)
    const { user } = process.cpuUsage(cpu)
    assert.ok([200, 400].includes(answer.statusCode), `${JSON.stringify(q.slice(0, 20))}: ${answer.body}`)
    assert.ok(user < 2_000_000, `${JSON.stringify(q.slice(0, 20))} took ${user / 1000} ms of CPU`)
  }
  const long = 'word '.repeat(2_000)
  const refused = [long, long.slice(0, 501)].map((q) => ruth.get(`/api/archive/records?q=${encodeURIComponent(q)}`))
  for (const { statusCode } of await Promise.all(refused))
    assert.ok([400, 414, 431].includes(statusCode), `${statusCode}`)
  for (const q of ['%', '%ff', '%c3%28', '%ed%a0%80'])
    assert.ok([200, 400].includes((await ruth.get(`/api/archive/records?q=${q}`)).statusCode), q)
  assert.deepEqual(
    gateway.logLines.filter((line) => Number(JSON.parse(line).level) >= 50),
    [],
  )
})

test('no filter of an export breaks it: it is refused in words or gives a package that verifies', async (t) => {
  const { gateway, ruth } = await furnish(t)
  const lone = '\ud800'
  const wishes: object[] = [
    ...queries.filter((_, at) => at % 6 === 0).map((q) => ({ q })),
    { q: lone },
    { q: `a ${lone} b` },
    { reason: lone },
    { reason: '\0' },
    { reason: '\u202egnitidua\u0000' },
    { recipient: `${lone}\u202e\0` },
    { network: '\0' },
    { network: "x' or true" },
    { type: ',,,' },
    { type: 'post.submitted,__proto__' },
    { type: 'constructor' },
    { timeZone: '../../etc/passwd' },
    { timeZone: 'UTC\0' },
    { from: '9999-12-31T23:59:59.999Z' },
    { from: '2026-03-03T00:00:00Z', to: '2026-03-01T00:00:00Z' },
    { from: '0000-01-01T00:00:00Z', to: '0001-01-01T00:00:00Z' },
    { to: '2026-03-02T09:00:00+23:59' },
    { keepUntil: '9999-12-31T23:59:59.999Z' },
    { author: '00000000-0000-0000-0000-000000000000', proof: 'stream' },
    { unit: 'ffffffff-ffff-ffff-ffff-ffffffffffff', proof: 'stream' },
  ]
  let made = 0
  for (const wish of wishes) {
    const name = JSON.stringify(wish).slice(0, 60)
    const answer = await ruth.post('/api/exports', { reason: 'x', formats: ['csv', 'html', 'eml'], ...wish })
    assert.ok([202, 400, 404, 422].includes(answer.statusCode), `${name}: ${answer.statusCode} ${answer.body}`)
    if (answer.statusCode !== 202) continue
    gateway.clock.advance(121_000) // longer than a stream waits for its directory
    await sealOnce(gateway, { force: true })
    assert.equal(await runExports(gateway), 1)
    const { exportId } = answer.json<Export>()
    const done = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
    assert.equal(done.status, 'completed', `${name}: ${done.failure}`)
    const report = await verifyPackage(await download(t, ruth, exportId), gateway.checkpointSigner.verifierKey)
    assert.deepEqual(report.problems, [], name)
    made += 1
  }
  assert.ok(made > 8, `${made}`)
})
