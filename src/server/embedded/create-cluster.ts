import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    return made
  })
  await rename(unfinished, plan.cluster)
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
  await mkdir(folder, { mode: 0o711 })
  const file = join(folder, randomBytes(16).toString('hex'))
  try {
    await writeFile(file, password, { mode: 0o644 })
    await use(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
