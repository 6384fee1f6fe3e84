import { join } from 'node:path'
import { consoleBudget, measureConsole } from '#scripts/measure-console.ts'

/* What the console weighs as it is sent (gzip), beside what it may weigh. */

const { queue, parts } = await measureConsole(join(import.meta.dirname, '..'))
const row = (bytes: number, budget: number) => ({
  'kB gzip': Number((bytes / 1000).toFixed(1)),
  'at most': budget / 1000,
  ratio: Number((bytes / budget).toFixed(2)),
})
console.table({
  'the queue, first load': row(queue, consoleBudget.queue),
  ...Object.fromEntries(parts.slice(0, 8).map(({ part, bytes }) => [`${part} adds`, row(bytes, consoleBudget.part)])),
})
if (queue > consoleBudget.queue || parts.some(({ bytes }) => bytes > consoleBudget.part)) process.exitCode = 1
