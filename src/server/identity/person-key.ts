import { sql } from 'kysely'
import type { Tx } from '#server/platform/database.ts'

/** Which human being stands behind an account (`person_key`): by employee number, else by e-mail address. */
export function employeeKey(employeeNumber: string): string {
  return `employee ${employeeNumber}`
}

export function emailKey(email: string): string {
  return `email ${email.normalize('NFKC').toLowerCase()}`
}

interface Account {
  readonly id: string
  readonly email: string | null
  readonly person_key: string | null
  readonly provisioned: boolean
}

/**
 * The key of an account that signs in with this e-mail address: that of another account with the same address, so that a
 * second account at the provider is no second pair of eyes (law 4). What the provisioning client said stays.
 */
export async function settlePersonKey(tx: Tx, account: Account, email: string | null): Promise<string | null> {
  const { person_key: kept } = account
  if (account.provisioned || (kept !== null && email === account.email)) return kept
  return email === null ? null : ((await findKeyOfAddress(tx, account.id, email)) ?? emailKey(email))
}

/** An employee number goes before an address. */
async function findKeyOfAddress(tx: Tx, userId: string, email: string): Promise<string | undefined> {
  const { rows } = await sql<{ key: string }>`select person_key as key from app_user where id <> ${userId}
    and person_key is not null and lower(email) = lower(${email}) order by person_key desc limit 1`.execute(tx)
  return rows[0]?.key
}

/** Accounts that were known by an address alone belong to the employee whose address it is. */
export async function joinByAddress(tx: Tx, personKey: string | null, email: string | null): Promise<void> {
  if (personKey === null || email === null || personKey === emailKey(email)) return
  await tx.updateTable('app_user').set({ person_key: personKey }).where('person_key', '=', emailKey(email)).execute()
}
