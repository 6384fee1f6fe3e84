import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

// Runs test files in the order in which they are named, where `node --test` would sort them. Flags are for each of them.
const words = process.argv.slice(2)
run({
  files: words.filter((word) => !word.startsWith('-')),
  execArgv: words.filter((word) => word.startsWith('-')),
  concurrency: availableParallelism(),
})
  .on('test:fail', ({ todo }) => {
    if (todo === undefined) process.exitCode = 1
  })
  .compose(spec)
  .pipe(process.stdout)
