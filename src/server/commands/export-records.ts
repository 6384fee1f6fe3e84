import { access, constants, copyFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { commitDirectory } from '#server/archive/commit-directory.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { createExport } from '#server/exports/create-export.ts'
import { readExport } from '#server/exports/read-export.ts'
import { packagePath, runExports } from '#server/exports/run-export.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { writeAll } from '#server/policies/command-io.ts'
import { createExport as contract } from '#shared/api/exports.ts'
import type { Command } from './command.ts'
import { findPerson } from './find-person.ts'
import { refuseWrongOptions, startOfDay } from './refuse-wrong-options.ts'
import { withDeps } from './with-deps.ts'

const usage =
  'export --as <e-mail|subject> --reason <why> --out <file.zip> [--from <time>] [--to <time>] [--author <id>] [--profile <id>] [--unit <id>] [--stream] [--q <words>] [--recipient <who>] [--zone <IANA zone>]\n'

/** `export`: the same export as from the console, in the name and within the rights of one person. */
export const runExport: Command = async ({ words, environment, io }) => {
  const text = { type: 'string' } as const
  const filters = { from: text, to: text, author: text, profile: text, unit: text, q: text, recipient: text }
  const options = { as: text, reason: text, out: text, ...filters, zone: text, stream: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...words], options })
  const { as: person, reason, out, zone, stream = false, ...filter } = startOfDay(values)
  if (person === undefined || reason === undefined || out === undefined) {
    await writeAll(io.stderr, usage)
    return 2
  }
  const proof = stream ? ('stream' as const) : ('range' as const)
  const wish = { ...filter, proof, reason, ...(zone === undefined ? {} : { timeZone: zone }) }
  refuseWrongOptions(contract, wish)
  await refuseUnwritable(out)
  return withDeps(environment, async (deps) => {
    const actor = await findPerson(deps, person, 'export.create', 'export')
    const { exportId } = await createExport(deps, actor, wish)
    const failure = await make(deps, actor, exportId)
    if (failure !== undefined) {
      await writeAll(io.stderr, `✗ ${failure}\n`)
      return 1
    }
    await copyFile(packagePath(deps.config, exportId), out).catch((error: unknown) => refuseFile(error, out))
    await writeAll(io.stdout, `✓ ${out} – check it with "npm run gateway -- verify ${out}"\n`)
    return 0
  })
}

/** That an export was made is a record: a file that cannot be written is refused before, not after. */
async function refuseUnwritable(out: string): Promise<void> {
  try {
    const isFolder = await stat(out).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (isFolder)
      throw new AppError('invalid_request', `${out} is a folder. Name the file, such as ${join(out, 'export.zip')}.`)
    await access(dirname(resolve(out)), constants.W_OK)
  } catch (error) {
    refuseFile(error, out)
  }
}

function refuseFile(error: unknown, out: string): never {
  const sentence = tellFileError(error, out, 'written')
  throw sentence === undefined ? error : new AppError('invalid_request', sentence, { cause: error })
}

/** Makes the export here, or waits for the gateway that runs beside us and took it; answers why it failed. */
async function make(deps: Deps, actor: Actor, exportId: string): Promise<string | undefined> {
  for (;;) {
    await sealOnce(deps)
    await commitDirectory(deps)
    await runExports(deps)
    const { status, failure } = await readExport(deps.db, actor, exportId)
    if (status === 'completed') return undefined
    if (status === 'failed' || status === 'cancelled') return failure ?? `The export was ${status}.`
    await wait(300)
  }
}
