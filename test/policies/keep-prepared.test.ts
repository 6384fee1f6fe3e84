import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Db } from '#server/platform/database.ts'
import { compiledPolicy } from '#server/policies/compiled-policies.ts'
import { keepVersionsPrepared } from '#server/policies/keep-prepared.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import { furnishFirm, simulate, testPolicy } from '#test/support/furnish-firm.ts'
import { eventually } from '#test/support/gateway-process.ts'

test('A process that only serves has a version compiled from its approval on, before anybody is judged by it', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const prepared = keepVersionsPrepared(gateway)
  t.after(() => prepared.stop())
  const files = testPolicy.map(({ path, text }) => ({
    path,
    text: text
      .replace('title:', '# prepared\ntitle:')
      .replace("'outlook'", "'prognosis'")
      .replace('⟦outlook⟧', '⟦prognosis⟧'),
  }))
  const { version } = (await ada.post('/api/policies/versions', { files })).json<PolicyVersion>()
  const nowhere = {} as Db
  const isReady = () =>
    compiledPolicy(nowhere, version).then(
      () => true,
      () => false,
    )
  await simulate(gateway, ada, version)
  assert.equal(await isReady(), false, 'a draft binds nobody')
  assert.equal((await ines.post(`/api/policies/versions/${version}/approve`)).statusCode, 200)
  // Sooner than the timer looks again: by the notice.
  await eventually(isReady, (ready) => ready, 15_000)
})
