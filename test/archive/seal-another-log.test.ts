import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { openArchive, testOrigin, testPem } from '#test/support/open-archive.ts'
import { recordsOf } from '#test/support/records-of.ts'

const otherPem = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))

test('Under another key or another name nothing is numbered or sealed; each is told once, and the right one goes on', async (t) => {
  const archive = await openArchive(t)
  await archive.append({ type: 'post.submitted' })
  await sealOnce(archive)
  await archive.append({ type: 'post.submitted' })
  const wrong = [
    { signer: createEd25519Signer(testOrigin, otherPem), sentence: /under another key than the one configured/ },
    { signer: createEd25519Signer('other.example', testPem), sentence: /the log is called "other\.example" here/ },
  ]
  for (const { signer, sentence } of wrong) {
    const process = archive.restart({ checkpointSigner: signer })
    for (let round = 0; round < 2; round += 1) {
      const { state, refusal, treeSize, sealedSize } = await sealOnce(process, { force: true })
      assert.deepEqual([state, refusal?.kind, treeSize, sealedSize], ['refused', 'bucket_differs', 1, 1])
      assert.match(refusal!.sentence, sentence)
    }
  }
  const incidents = await recordsOf(archive, 'archive.incident')
  assert.deepEqual(
    incidents.map(({ content }) => wrong.findIndex(({ sentence }) => sentence.test(String(content['sentence'])))),
    [0, 1],
  )
  const resumed = await sealOnce(archive.restart(), { force: true })
  assert.deepEqual([resumed.state, resumed.sealedSize], ['sealed', 4])
})
