import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Network, NetworkAccount } from '#server/platform/network.ts'
import { createSandboxNetwork, revokedCredential } from '#server/publishing/sandbox-network.ts'
import { renderInput, testNetworkContract } from './network-contract.ts'

const account: NetworkAccount = { profileId: 'p', handle: 'north-bank', settings: {}, credential: 'sandbox-credential' }

describe('sandbox', () => {
  let directory: string
  let network: Network
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandbox-'))
    network = createSandboxNetwork({ directory, publicUrl: 'http://127.0.0.1:8080/' })
  })
  after(() => rm(directory, { recursive: true }))

  testNetworkContract('sandbox', {
    network: () => network,
    account: () => account,
    refusedAccount: () => ({ ...account, credential: revokedCredential }),
    image: () => ({ bytes: Buffer.from('not really an image'), mimeType: 'image/png' }),
    tooLong: 'é'.repeat(3001),
  })

  it('holds the stamped payload byte for byte, also for another process on the same folder', async () => {
    const payload = network.stamp(
      network.render(renderInput('Une première publication.'), account),
      '2026-01-02T03:04:05.678Z',
    )
    const { remoteId, permalink } = await network.publish(account, payload, async () => assert.fail())
    assert.equal(permalink, `http://127.0.0.1:8080/sandbox/posts/${remoteId}`)
    const other = createSandboxNetwork({ directory, publicUrl: 'http://127.0.0.1:8080' })
    const captured = await other.capture(account, remoteId)
    assert.equal(Buffer.from(captured!.responseBytes).toString(), payload)
  })

  it('leaves no half-written file behind and reads nothing outside its folder', async () => {
    const files = await readdir(join(directory, 'posts'))
    assert.deepEqual(
      files.filter((name) => !/^[0-9a-f]{20}\.json$/.test(name)),
      [],
    )
    for (const remoteId of ['../../etc/passwd', '', 'x', '..%2f..%2fetc%2fpasswd']) {
      assert.equal(await network.capture(account, remoteId), undefined)
      await network.retract(account, remoteId)
    }
  })
})
