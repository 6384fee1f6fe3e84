import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { pino } from 'pino'
import { sealAndTell } from '#server/archive/seal-and-tell.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { openArchive, testOrigin } from '#test/support/open-archive.ts'

function openLog(): { log: pino.Logger; tell: () => { level: number; msg: string }[] } {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  return { log, tell: () => lines.splice(0).map((line) => JSON.parse(line) as { level: number; msg: string }) }
}

test('An object store that is away is one warning, and its return one line', async (t) => {
  const archive = await openArchive(t)
  let away = false
  const { log, tell } = openLog()
  const deps = { ...archive.restart({ objectStore: waveringStore(archive.objectStore, () => away) }), log }
  await archive.append()
  await sealAndTell(deps, { force: true })
  assert.deepEqual(tell(), [])
  away = true
  await archive.append()
  for (let round = 0; round < 3; round++) await sealAndTell(deps, { force: true })
  const [warning, ...more] = tell()
  assert.equal(warning!.level, 40)
  assert.match(warning!.msg, /nothing is sealed or published meanwhile: The object store does not answer/)
  assert.deepEqual(more, [])
  away = false
  for (let round = 0; round < 2; round++) await sealAndTell(deps, { force: true })
  assert.deepEqual(
    tell().map(({ level, msg }) => [level, msg]),
    [[30, 'sealing goes on']],
  )
})

test('Under an exchanged signing key the log says at once that somebody must act', async (t) => {
  const archive = await openArchive(t)
  await archive.append()
  const { log, tell } = openLog()
  await sealAndTell({ ...archive, log }, { force: true })
  const { privateKey } = generateKeyPairSync('ed25519')
  const checkpointSigner = createEd25519Signer(testOrigin, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  const deps = { ...archive.restart({ checkpointSigner }), log }
  for (let round = 0; round < 2; round++) assert.equal((await sealAndTell(deps)).state, 'refused')
  const [error, ...more] = tell()
  assert.equal(error!.level, 50)
  assert.match(error!.msg, /until somebody acts: This database belongs to the log ".*" under another key/)
  assert.deepEqual(more, [])
})
