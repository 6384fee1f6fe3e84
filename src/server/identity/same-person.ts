import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/**
 * Are two accounts one human being? Law 4 counts people, not accounts. One employee number, or one e-mail address where not
 * both have a number, as the provisioning client or the provider ever gave them (migration 0028 has the rule).
 */
export async function isSamePerson(db: Db, userId: string, otherId: string): Promise<boolean> {
  if (userId === otherId) return true
  const { rows } = await sql<{ same: boolean | null }>`select same_person(${userId}, ${otherId}) as same`.execute(db)
  return rows[0]?.same === true
}

/** Every account of these human beings, the given ones included. */
export async function listAccountsOf(db: Db, userIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{
    id: string
  }>`select distinct account.id from unnest(${[...new Set(userIds)]}::uuid[]) as one (id)
    cross join lateral accounts_of_person(one.id) as account (id)`.execute(db)
  return rows.map((row) => row.id)
}
