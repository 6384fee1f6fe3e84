import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isExpected } from '#server/expected-error.ts'
import { openLog } from '#server/open-log.ts'

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
