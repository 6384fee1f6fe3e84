import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { scopeUnits, type Actor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Permission } from '#shared/permissions.ts'

/** Which records somebody may see: all, or those of some units. Records of no unit are seen at the firm's root only. */
export type SearchScope = 'everything' | readonly string[]

/** The units in which the actor holds the permission, and all below them. */
export async function readScope(
  db: Db | Tx,
  actor: Actor,
  permission: Permission = 'archive.search',
): Promise<SearchScope> {
  const held = scopeUnits(actor, permission)
  const { rows } = await sql<{ id: string; root: boolean }>`
    select id, parent_id is null as root from unit where path && ${held}::uuid[]`.execute(db)
  return rows.some((row) => row.root && held.includes(row.id)) ? 'everything' : rows.map((row) => row.id)
}

/** The scope as a condition on a column of unit ids. */
export function inScope(scope: SearchScope, column: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return scope === 'everything' ? sql<SqlBool>`true` : sql<SqlBool>`${column} = any(${[...scope]}::uuid[])`
}
