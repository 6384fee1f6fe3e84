import { ensureFirm } from '#server/identity/ensure-firm.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { asLogin, grantServiceLogin, migrate, refuseOldSchema, refuseOwningLogin } from '#server/platform/migrate.ts'
import { installShippedPolicy } from '#server/policies/install-shipped-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'

// Any fixed number: it names "first start of the gateway" among the advisory locks of one database.
const firstStartLock = 4_716_022

/**
 * Brings the database to the program's schema where the owner's URL is given, refuses a service login that could rewrite
 * history, and gives a new installation its firm and the shipped policy. Doing it again changes nothing.
 */
export async function prepareInstallation(deps: Pick<Deps, 'config' | 'db' | 'clock' | 'log'>): Promise<void> {
  const { url, ownerUrl } = deps.config.database
  if (ownerUrl !== undefined) {
    const applied = await migrate(ownerUrl)
    if (applied.length > 0) deps.log.info({ applied }, 'migrations applied')
    await grantServiceLogin(ownerUrl, decodeURIComponent(new URL(url).username))
  }
  await asLogin('GATEWAY_DATABASE_URL', url, async (client) => {
    await refuseOwningLogin(client)
    await refuseOldSchema(client)
    await client.query('select pg_advisory_lock($1)', [firstStartLock]) // until the session ends: nodes may start together
    await inTransaction(deps.db, (tx) => ensureFirm(tx, deps.clock.now()))
    await installShippedPolicy(deps, await readPolicyFiles(shippedPolicies))
  })
}
