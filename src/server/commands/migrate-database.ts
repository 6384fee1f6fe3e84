import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import { readMigrationSettings } from '#server/platform/read-migration-settings.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'

/**
 * `migrate`: applies what is missing and lets the service's login act. For firms whose service must not hold the owner's
 * password: it asks for nothing but the owner's address of the database and the name of that login.
 */
export const runMigrate: Command = async ({ environment, words, io }) => {
  const { ownerUrl, login } = readMigrationSettings(environment, words)
  const applied = await migrate(ownerUrl)
  if (login !== undefined) await grantServiceLogin(ownerUrl, login)
  await writeAll(
    io.stdout,
    applied.length === 0 ? 'The database is current.\n' : applied.map((name) => `applied ${name}\n`).join(''),
  )
  if (login === undefined)
    await writeAll(
      io.stdout,
      'No login was let act as the service: name it with --login <name>, or set GATEWAY_DATABASE_URL.\n',
    )
  return 0
}
