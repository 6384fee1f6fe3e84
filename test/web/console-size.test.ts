import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { consoleBudget, measureConsole } from '#scripts/measure-console.ts'

test(
  'The console keeps its budgets: the queue’s first load, and what each part adds',
  { timeout: 120_000 },
  async () => {
    const { queue, parts } = await measureConsole(join(import.meta.dirname, '../..'))
    assert.ok(parts.length > 15, 'every page is weighed')
    assert.ok(queue <= consoleBudget.queue, `the queue’s first load is ${queue} bytes of gzip`)
    for (const { part, bytes } of parts) {
      assert.ok(bytes > 0 && bytes <= consoleBudget.part, `${part} adds ${bytes} bytes of gzip`)
    }
  },
)
