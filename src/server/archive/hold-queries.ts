import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { Hold } from '#shared/api/holds.ts'
import type { RecordFilter } from './queries.ts'
import { inScope, type SearchScope } from './search-scope.ts'

const holdColumns = sql`
  h.id as "holdId", h.name, h.reason, h.scope,
  case when h.released_at is not null then 'released' when h.release_requested_at is not null then 'release_requested' else 'placed' end as status,
  json_build_object('userId', h.placed_by, 'displayName', coalesce(placer.display_name, '')) as "placedBy", h.placed_at as "placedAt",
  case when h.release_requested_by is null then null
    else json_build_object('userId', h.release_requested_by, 'displayName', coalesce(requester.display_name, '')) end as "releaseRequestedBy",
  h.release_requested_at as "releaseRequestedAt",
  case when h.released_by is null then null
    else json_build_object('userId', h.released_by, 'displayName', coalesce(releaser.display_name, '')) end as "releasedBy",
  h.released_at as "releasedAt"`

const holdJoins = sql`
  left join app_user placer on placer.id = h.placed_by
  left join app_user requester on requester.id = h.release_requested_by
  left join app_user releaser on releaser.id = h.released_by`

/** Holds of the scope, newest first, from a position on. */
export async function findHolds(
  db: Db | Tx,
  scope: SearchScope,
  after: Position | undefined,
  limit: number,
): Promise<Hold[]> {
  const page =
    after === undefined ? sql`` : sql`and (h.placed_at, h.id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  const { rows } = await sql<Hold>`
    select ${holdColumns} from archive.hold h ${holdJoins}
      where ${inScope(scope, sql`h.unit_id`)} ${page} order by h.placed_at desc, h.id desc limit ${limit}`.execute(db)
  return rows
}

/** One hold of the scope. */
export async function findHold(tx: Tx, holdId: string, scope: SearchScope): Promise<Hold | undefined> {
  const { rows } = await sql<Hold>`
    select ${holdColumns} from archive.hold h ${holdJoins} where h.id = ${holdId} and ${inScope(scope, sql`h.unit_id`)}`.execute(
    tx,
  )
  return rows[0]
}

/** Locks a hold for as long as the transaction lasts. */
export async function lockHold(tx: Tx, holdId: string): Promise<void> {
  await sql`select 1 from archive.hold where id = ${holdId} for update`.execute(tx)
}

export interface NewHold {
  readonly id: string
  readonly name: string
  readonly reason: string
  readonly scope: RecordFilter
  readonly placedBy: string
  readonly placedAt: Instant
}

export async function insertHold(tx: Tx, hold: NewHold): Promise<void> {
  await sql`insert into archive.hold (id, name, reason, scope, unit_id, placed_by, placed_at)
    values (${hold.id}, ${hold.name}, ${hold.reason}, ${JSON.stringify(hold.scope)}, ${hold.scope.unit ?? null}, ${hold.placedBy}, ${hold.placedAt})`.execute(
    tx,
  )
}

export async function requestRelease(tx: Tx, holdId: string, by: string, at: Instant): Promise<void> {
  await sql`update archive.hold set release_requested_by = ${by}, release_requested_at = ${at} where id = ${holdId}`.execute(
    tx,
  )
}

export async function settleRelease(tx: Tx, holdId: string, by: string, at: Instant): Promise<void> {
  await sql`update archive.hold set released_by = ${by}, released_at = ${at} where id = ${holdId}`.execute(tx)
}

/** What the holds that are in force cover. */
export async function readOpenScopes(db: Db | Tx): Promise<{ holdId: string; name: string; scope: RecordFilter }[]> {
  const { rows } = await sql<{ holdId: string; name: string; scope: RecordFilter }>`
    select id as "holdId", name, scope from archive.hold where released_at is null order by placed_at, id`.execute(db)
  return rows
}
