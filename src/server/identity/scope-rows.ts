import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { scopeUnits, type Actor } from '#server/platform/actor.ts'
import type { Permission } from '#shared/permissions.ts'

/**
 * Keeps the rows whose unit lies at or below a unit where the actor holds the permission. Every list, search, count,
 * export and look-up by id goes through it, so that what is out of scope does not exist for the reader.
 * `unitColumn` is a column of the query, for example `post.unit_id`.
 */
export function withinScope(unitColumn: string, actor: Actor, permission: Permission): RawBuilder<SqlBool> {
  const units = scopeUnits(actor, permission)
  return sql<SqlBool>`${sql.ref(unitColumn)} in (select scoped.id from unit scoped where scoped.path && ${units}::uuid[])`
}
