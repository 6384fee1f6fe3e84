import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { EmbeddedError } from './postgres-binaries.ts'
import { runCommand } from './run-command.ts'

/** Superuser of the embedded cluster and owner of its tables. */
export const clusterOwner = 'gateway_owner'

interface ClusterPlan {
  readonly binaries: string
  readonly prefix: readonly string[]
  readonly cluster: string
  readonly password: string
  readonly onSpawn?: (() => void) | undefined
}

/** Makes the cluster unless it is there. It appears by a rename, so a start that was killed half way leaves none. */
export async function createCluster(plan: ClusterPlan): Promise<void> {
  if (existsSync(join(plan.cluster, 'PG_VERSION'))) return
  const unfinished = `${plan.cluster}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await withPasswordFile(plan.password, (file) => {
    const made = runCommand(initdb(plan, unfinished, file))
    plan.onSpawn?.()
    return made.catch((error: Error) => {
      throw explain(error, plan.cluster)
    })
  })
  await rename(unfinished, plan.cluster)
}

function explain(cause: Error, cluster: string): EmbeddedError {
  const advice = /could not access directory .*Permission denied/.test(cause.message)
    ? `Postgres never runs as root, so it cannot enter ${dirname(cluster)}: a folder above it is another account’s alone. Name another with GATEWAY_DATA_DIRECTORY.`
    : `Postgres could not make its files in ${dirname(cluster)}:\n${cause.message}`
  return new EmbeddedError(advice, { cause })
}

function initdb(plan: ClusterPlan, target: string, passwordFile: string): string[] {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const access = [`--username=${clusterOwner}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const withUs = ['setpriv', '--pdeathsig', 'TERM', '--']
  return [...plan.prefix, ...withUs, join(plan.binaries, 'initdb'), `--pgdata=${target}`, ...access, ...locale]
}

// initdb may run as another account: the folder's random name hides the file for the second that it lives.
async function withPasswordFile(password: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = join(tmpdir(), `gateway-${randomBytes(16).toString('hex')}`)
  await mkdir(folder, { mode: 0o711 }).catch((cause: unknown) => {
    const sentence = tellFileError(cause, tmpdir(), 'written')
    throw new EmbeddedError(`${sentence} Set TMPDIR to a folder for temporary files.`, { cause })
  })
  const file = join(folder, randomBytes(16).toString('hex'))
  try {
    await writeFile(file, password, { mode: 0o644 })
    await use(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
