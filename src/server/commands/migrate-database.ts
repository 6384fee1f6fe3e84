import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import { readConfig } from '#server/platform/read-config.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'

/** `migrate`: applies what is missing and lets the service's login act. For firms whose service must not hold the owner's password. */
export const runMigrate: Command = async ({ environment, io }) => {
  const settings = readConfig(environment)
  if (settings.kind === 'embedded') {
    await writeAll(
      io.stderr,
      'The evaluation set-up migrates when it starts: npm start. Set GATEWAY_DATABASE_OWNER_URL for your own database.\n',
    )
    return 2
  }
  const { url, ownerUrl } = settings.config.database
  if (ownerUrl === undefined) {
    await writeAll(io.stderr, 'GATEWAY_DATABASE_OWNER_URL is missing: migrations run as the owner of the tables.\n')
    return 2
  }
  const applied = await migrate(ownerUrl)
  await grantServiceLogin(ownerUrl, decodeURIComponent(new URL(url).username))
  await writeAll(
    io.stdout,
    applied.length === 0 ? 'The database is current.\n' : applied.map((name) => `applied ${name}\n`).join(''),
  )
  return 0
}
