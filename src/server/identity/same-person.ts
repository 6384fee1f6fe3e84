import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/**
 * Are two accounts one human being? The same account, or the same employee number as the provisioning client gave
 * it, or the same e-mail address as that client or the provider gave it. Law 4 counts people, not accounts.
 */
export async function isSamePerson(db: Db, userId: string, otherId: string): Promise<boolean> {
  if (userId === otherId) return true
  const { rows } = await sql`select 1 from app_user a join app_user b on b.person_key = a.person_key
    where a.id = ${userId} and b.id = ${otherId}`.execute(db)
  return rows.length > 0
}
