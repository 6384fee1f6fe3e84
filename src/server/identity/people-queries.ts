import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import type { Role } from '#shared/permissions.ts'
import { withinScope } from './scope-rows.ts'

export function findProfileOfPerson(db: Db, userId: string) {
  return db.selectFrom('app_user').select(['email', 'locale']).where('id', '=', userId).executeTakeFirst()
}

export function listQualifications(db: Db, userId: string) {
  return db
    .selectFrom('qualification')
    .select(['id', 'name', 'valid_from', 'valid_until'])
    .where('user_id', '=', userId)
    .orderBy('valid_from', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function listUnitNames(db: Db, unitIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('unit')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(unitIds)])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** People whose unit is in the reader's scope, by name, with the roles they hold now. */
export function listPeople(db: Db, actor: Actor, search: string | undefined) {
  const pattern = `%${(search ?? '').replace(/[\\%_]/g, '\\$&')}%`
  return db
    .selectFrom('app_user')
    .select(['id', 'display_name', 'email', 'active', 'unit_id'])
    .select(
      sql<
        { role: Role; unitId: string }[]
      >`array(select json_build_object('role', g.role, 'unitId', g.unit_id) from role_grant g
        where g.user_id = app_user.id and g.revoked_at is null)`.as('roles'),
    )
    .where(withinScope('app_user.unit_id', actor, 'user.read'))
    .where(sql<boolean>`(app_user.display_name ilike ${pattern} or app_user.email ilike ${pattern})`)
    .orderBy('display_name')
    .orderBy('id')
    .limit(1000)
    .execute()
}
