import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { scopeUnits, type Actor, type Examination } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Permission } from '#shared/permissions.ts'

/** Which records somebody may see: all, or those of some units. Records of no unit are seen at the firm's root only. */
export type SearchScope = 'everything' | readonly string[]

/** The units in which the actor holds one of the permissions, and all below them. */
export async function readScope(
  db: Db | Tx,
  actor: Actor,
  ...permissions: readonly Permission[]
): Promise<SearchScope> {
  const asked = permissions.length === 0 ? (['archive.search'] as const) : permissions
  const held = asked.flatMap((permission) => scopeUnits(actor, permission))
  const { rows } = await sql<{ id: string; root: boolean }>`
    select id, parent_id is null as root from unit where path && ${held}::uuid[]`.execute(db)
  return rows.some((row) => row.root && held.includes(row.id)) ? 'everything' : rows.map((row) => row.id)
}

/** The scope as a condition on a column of unit ids. */
export function inScope(scope: SearchScope, column: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return scope === 'everything' ? sql<SqlBool>`true` : sql<SqlBool>`${column} = any(${[...scope]}::uuid[])`
}

/** An examiner sees the records that the examination is about, within its unit, and no others. */
export interface Examined {
  readonly units: SearchScope
  readonly examination: Examination
}
export type RecordScope = SearchScope | Examined

/** Which records the actor may see: the scope of the role, narrowed by the examination where there is one. */
export async function readRecordScope(db: Db | Tx, actor: Actor): Promise<RecordScope> {
  const units = await readScope(db, actor)
  return actor.examination === undefined ? units : { units, examination: actor.examination }
}

/** The scope as a condition on a record `s` of `archive.findable` or `archive.search`. */
export function inRecordScope(scope: RecordScope): RawBuilder<SqlBool> {
  if (typeof scope === 'string' || !('examination' in scope)) return inScope(scope, sql`s.unit_id`)
  const { from, to, author, unit, profile, network } = scope.examination
  const conditions = [
    inScope(scope.units, sql`s.unit_id`),
    from === undefined ? undefined : sql`s.recorded_at >= ${from}`,
    to === undefined ? undefined : sql`s.recorded_at < ${to}`,
    author === undefined ? undefined : sql`s.author_id = ${author}`,
    unit === undefined
      ? undefined
      : sql`s.unit_id = any(array(select id from unit where path @> array[${unit}::uuid]))`,
    profile === undefined ? undefined : sql`s.profile_id = ${profile}`,
    network === undefined ? undefined : sql`s.network = ${network}`,
  ]
  return sql`(${sql.join(
    conditions.filter((condition) => condition !== undefined),
    sql` and `,
  )})`
}
