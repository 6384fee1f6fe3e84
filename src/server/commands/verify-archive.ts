import { parseArgs } from 'node:util'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'
import { withDeps } from './with-deps.ts'

/** `archive verify`: 0 when the archive holds, 1 with what does not. The result is a record, like a verification by hand. */
export const runArchiveVerify: Command = async ({ words, environment, io }) => {
  const options = { recent: { type: 'boolean' }, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...words], options })
  return withDeps(environment, async (deps) => {
    const result = await verifyArchive(deps, { scope: values.recent === true ? 'recent' : 'full' })
    if (values.json === true) {
      await writeAll(io.stdout, `${JSON.stringify(result)}\n`)
    } else {
      for (const { sentence } of result.problems) await writeAll(io.stdout, `✗ ${sentence}\n`)
      const summary = `${result.recordsChecked} records checked, tree of ${result.treeSize}`
      await writeAll(
        io.stdout,
        result.ok ? `✓ The archive holds: ${summary}.\n` : `✗ The archive does not hold: ${summary}.\n`,
      )
    }
    return result.ok ? 0 : 1
  })
}
