import { parseArgs } from 'node:util'
import { enterExport } from '#server/exports/enter-export.ts'
import { AppError } from '#server/platform/app-error.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'
import { findPerson } from './find-person.ts'
import { withDeps } from './with-deps.ts'

/** `export enter`: an export of the time without a database becomes a record, in the name of the person who enters it. */
export const runEnterExport: Command = async ({ words, environment, io }) => {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { as: { type: 'string' } },
  })
  const [path, ...more] = positionals
  const person = values.as
  if (path === undefined || more.length > 0 || person === undefined) {
    await writeAll(io.stderr, 'export enter <export.zip> --as <e-mail|subject>\n')
    return 2
  }
  return withDeps(environment, async (deps) => {
    const actor = await findPerson(deps, person, 'export.create', 'enter an export')
    const exportId = await enterExport(deps, actor, path).catch((error: unknown) => {
      const sentence = tellFileError(error, path, 'read')
      throw sentence === undefined ? error : new AppError('invalid_request', sentence, { cause: error })
    })
    await writeAll(io.stdout, `✓ ${path} is entered as export ${exportId}.\n`)
    return 0
  })
}
