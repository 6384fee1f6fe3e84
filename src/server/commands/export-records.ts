import { copyFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { commitDirectory } from '#server/archive/commit-directory.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { createExport } from '#server/exports/create-export.ts'
import { readExport } from '#server/exports/read-export.ts'
import { packagePath, runExports } from '#server/exports/run-export.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Deps } from '#server/platform/deps.ts'
import { writeAll } from '#server/policies/command-io.ts'
import { createExport as contract } from '#shared/api/exports.ts'
import type { Command } from './command.ts'
import { findPerson } from './find-person.ts'
import { refuseUnwritable, tellUnwritable } from './refuse-unwritable.ts'
import { refuseWrongOptions, startOfDay } from './refuse-wrong-options.ts'
import { withDeps } from './with-deps.ts'

const usage =
  'export --as <e-mail|subject> --reason <why> --out <file.zip> [--from <time>] [--to <time>] [--author <id>] [--profile <id>] [--unit <id>] [--stream] [--q <words>] [--recipient <who>] [--zone <IANA zone>]\n'

/** `export`: the same export as from the console, in the name and within the rights of one person. */
export const runExport: Command = async (call) => {
  const { words, environment, io } = call
  if (words.includes('--from-bucket')) return (await import('./export-from-bucket.ts')).runBucketExport(call)
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
    await copyFile(packagePath(deps.config, exportId), out).catch((error: unknown) => tellUnwritable(error, out))
    await writeAll(io.stdout, `✓ ${out} – check it with "npm run gateway -- verify ${out}"\n`)
    return 0
  })
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
