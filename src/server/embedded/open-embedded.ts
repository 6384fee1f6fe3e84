import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Closing } from '#server/platform/closing.ts'
import type { CommonSettings } from '#server/platform/read-config.ts'
import { FolderTakenError, lockFolder } from './lock-folder.ts'
import { loadKeys } from './load-keys.ts'
import { describeEmbedded, embeddedDirectory, readPorts, serviceLogin, type EmbeddedParts } from './start-embedded.ts'
import { runningDatabase, startDatabase } from './start-database.ts'

/** The evaluation set-up for one command: beside the gateway that runs on the folder, else with a Postgres of its own. */
export async function openEmbedded(common: CommonSettings, log: Logger, closing: Closing): Promise<EmbeddedParts> {
  const directory = embeddedDirectory(common)
  if (!existsSync(join(directory, 'keys')))
    throw new FolderTakenError(directory, 'there is no installation yet. Run npm start first.')
  const ports = await readPorts(directory)
  const isRunning = await lockFolder(directory, () => 'a command is at work; try again when it is done.').then(
    (release) => {
      closing.add(release)
      return false
    },
    (error: unknown) => {
      if (error instanceof FolderTakenError) return true
      throw error
    },
  )
  const keys = await loadKeys(join(directory, 'keys'))
  const plan = { directory, keys, port: ports.postgres ?? 0, login: serviceLogin }
  const database = isRunning ? runningDatabase(plan) : await startDatabase(plan, log, closing)
  const issuer = `http://127.0.0.1:${ports.provider ?? 0}`
  return describeEmbedded({ common, directory, keys, database, issuer, port: common.port })
}
