import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isExpected } from '#server/expected-error.ts'
import { listenOn } from '#server/listen-on.ts'
import { openDataDirectory } from '#server/make-folder.ts'
import { openLog } from '#server/open-log.ts'
import { startGateway } from '#test/support/start-gateway.ts'

test('A folder that cannot hold the data is told in a sentence with the way out, without a stack', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gateway-log-')), 'file')
  writeFileSync(file, '')
  for (const [place, expected] of [
    [join(file, 'gateway.log'), /a file stands where a folder is needed .*GATEWAY_DATA_DIRECTORY/],
    [join(file, 'below', 'gateway.log'), /is a file, not a folder .*GATEWAY_DATA_DIRECTORY/],
  ] as const)
    assert.throws(
      () => openLog('info', place),
      (error: Error) => isExpected(error) && expected.test(error.message),
    )
})

test('A data directory in which nothing can be made is told at the start, and not at the first export', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gateway-data-')), 'file')
  writeFileSync(file, '')
  for (const place of [file, join(file, 'below'), '/proc/gateway', '/sys/gateway'])
    assert.throws(
      () => openDataDirectory(place),
      (error: Error) => isExpected(error) && /cannot be written.*GATEWAY_DATA_DIRECTORY/.test(error.message),
      place,
    )
  const folder = join(mkdtempSync(join(tmpdir(), 'gateway-data-')), 'a', 'b')
  openDataDirectory(folder)
  openDataDirectory(folder)
  assert.deepEqual(readdirSync(folder), [])
})

test('An address that cannot be listened on is told with the setting that cures it', async (t) => {
  const { app } = await startGateway(t)
  const other = createServer()
  await once(other.listen(0, '127.0.0.1'), 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  for (const [place, expected] of [
    [{ host: '127.0.0.1', port }, new RegExp(`127\\.0\\.0\\.1:${port}\\. Another program.*GATEWAY_PORT`)],
    [{ host: '192.0.2.1', port: 8080 }, /none of this machine’s addresses.*GATEWAY_HOST/],
    [{ host: 'gateway.invalid', port: 8080 }, /The name is unknown.*GATEWAY_HOST/],
  ] as const)
    await assert.rejects(listenOn(app, place), (error: Error) => isExpected(error) && expected.test(error.message))
})
