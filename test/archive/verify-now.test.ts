import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import type { ProblemDocument } from '#shared/api/common.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'

test('Whoever asks for a verification while the object store is away is told so, in their language, and asks again', async (t) => {
  const clock = createFakeClock()
  const directory = await mkdtemp(join(tmpdir(), 'wavering-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const store = await openDirectoryObjectStore({ directory, clock })
  let isAway = true
  const { gateway } = await furnishFirm(t, { clock, objectStore: waveringStore(store, () => isAway) })
  const ruth = await gateway.signIn('ruth')
  const ask = (language: string) => ruth.post('/api/archive/verifications', undefined, { 'accept-language': language })
  const english = await ask('en')
  assert.deepEqual(
    [english.statusCode, english.json<ProblemDocument>().code],
    [503, 'object_store_unavailable'],
    english.body,
  )
  assert.match((await ask('fr')).json<ProblemDocument>().detail, /^Le stockage d’objets ne répond pas/)
  isAway = false
  assert.equal((await ask('en')).statusCode, 201)
})
