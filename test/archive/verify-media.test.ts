import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import { startGateway } from '#test/support/start-gateway.ts'

test('Media in the bucket is verified too: a file that was altered, cut, written over, marked deleted or removed is named (SEC-3)', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const uploaded = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot, 'A dot') })
  assert.equal(uploaded.statusCode, 201, uploaded.body)
  await sealOnce(gateway, { force: true })
  // As a server may list that names the newest version first.
  const store = gateway.objectStore
  const list = async function* (prefix: string) {
    yield* (await Array.fromAsync(store.list(prefix))).toReversed()
  }
  const objectStore = new Proxy(store, {
    get: (_store, name) => (name === 'list' ? list : Reflect.get(store, name).bind(store)),
  })
  const findings = async () => (await verifyArchive({ ...gateway, objectStore }, { scope: 'full' })).problems
  assert.deepEqual(await findings(), [])
  const sha256 = createHash('sha256').update(redDot).digest('hex')
  const folder = join(gateway.config.dataDirectory, 'objects', 'media', `${sha256}~`)
  const version = (await readdir(folder)).find((name) => /^\d{8}-[0-9a-f-]{36}$/.test(name))!
  const write = async (bytes: Buffer) => {
    await chmod(join(folder, version), 0o644)
    await writeFile(join(folder, version), bytes)
  }
  const altered = Buffer.from(redDot)
  altered[5]! ^= 1
  const attacks: [() => Promise<void>, string[], RegExp?][] = [
    [() => write(altered), ['media_differs'], /is not the file/],
    [() => write(redDot.subarray(0, 20)), ['media_differs'], /has another length/],
    [() => write(redDot), []],
    [() => writeFile(join(folder, `00000003-${crypto.randomUUID()}`), 'over'), ['second_version']],
    [() => writeFile(join(folder, `00000009-${crypto.randomUUID()}.deleted`), ''), ['second_version', 'delete_marker']],
    [() => rm(folder, { recursive: true }), ['media_missing']],
  ]
  for (const [attack, kinds, said] of attacks) {
    await attack()
    const found = await findings()
    assert.deepEqual([...new Set(found.map(({ kind }) => kind))].toSorted(), kinds.toSorted(), String(attack))
    for (const { sentence } of found) assert.ok(sentence.includes(sha256))
    assert.ok(said === undefined || found.some(({ sentence }) => said.test(sentence)), String(said))
  }
})
