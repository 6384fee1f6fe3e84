import { sql } from 'kysely'
import { scopeUnits, type Actor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Stop } from '#shared/api/publishing.ts'

function selectStops(db: Db | Tx) {
  return db
    .selectFrom('stop')
    .innerJoin('app_user as engager', 'engager.id', 'stop.engaged_by')
    .leftJoin('app_user as asker', 'asker.id', 'stop.lift_requested_by')
    .leftJoin('app_user as lifter', 'lifter.id', 'stop.lifted_by')
    .select([
      'stop.id as stopId',
      'stop.scope',
      'stop.scope_id as scopeId',
      'stop.reason',
      'stop.engaged_by as engagedBy',
      'engager.display_name as engagedByName',
      'stop.engaged_at as engagedAt',
      'stop.lift_requested_by as liftRequestedBy',
      'asker.display_name as liftRequestedByName',
      'stop.lift_requested_at as liftRequestedAt',
      'stop.lifted_by as liftedBy',
      'lifter.display_name as liftedByName',
      'stop.lifted_at as liftedAt',
    ])
}

/**
 * Engaged stops first, then the newest: those of the whole firm and of networks, and those of units (or of their
 * profiles) in the reader's scope or above it, because they hold back what the reader answers for.
 */
export async function findStops(db: Db, actor: Actor): Promise<Stop[]> {
  const units = scopeUnits(actor, 'stop.read')
  const rows = await selectStops(db)
    .where(
      sql<boolean>`(stop.scope in ('everything', 'network') or exists (
        select from unit target
          where target.id = case stop.scope when 'unit' then stop.scope_id::uuid
            else (select unit_id from profile where id = stop.scope_id::uuid) end
          and (target.path && ${units}::uuid[]
            or exists (select from unit mine where mine.id = any (${units}::uuid[]) and target.id = any (mine.path)))))`,
    )
    .orderBy((eb) => eb('stop.lifted_at', 'is not', null))
    .orderBy('stop.engaged_at', 'desc')
    .limit(200)
    .execute()
  return rows.map(toStop)
}

export async function findStop(db: Db | Tx, stopId: string): Promise<Stop | undefined> {
  const row = await selectStops(db).where('stop.id', '=', stopId).executeTakeFirst()
  return row === undefined ? undefined : toStop(row)
}

export async function lockStop(tx: Tx, stopId: string): Promise<Stop | undefined> {
  const row = await selectStops(tx).where('stop.id', '=', stopId).forUpdate('stop').executeTakeFirst()
  return row === undefined ? undefined : toStop(row)
}

export async function insertStop(
  tx: Tx,
  stop: { stopId: string; scope: string; scopeId: string | null; reason: string; engagedBy: string; at: string },
): Promise<void> {
  await tx
    .insertInto('stop')
    .values({
      id: stop.stopId,
      scope: stop.scope,
      scope_id: stop.scopeId,
      reason: stop.reason,
      engaged_by: stop.engagedBy,
      engaged_at: stop.at,
    })
    .execute()
}

export async function requestLift(tx: Tx, stopId: string, userId: string, at: string): Promise<void> {
  await tx
    .updateTable('stop')
    .set({ lift_requested_by: userId, lift_requested_at: at })
    .where('id', '=', stopId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function setLifted(tx: Tx, stopId: string, userId: string, at: string): Promise<void> {
  await tx
    .updateTable('stop')
    .set({ lifted_by: userId, lifted_at: at })
    .where('id', '=', stopId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

type StopRow = Awaited<ReturnType<ReturnType<typeof selectStops>['execute']>>[number]

function toStop(row: StopRow): Stop {
  const person = (userId: string | null, displayName: string | null) =>
    userId === null ? null : { userId, displayName: displayName ?? '' }
  return {
    stopId: row.stopId,
    scope: row.scope as Stop['scope'],
    scopeId: row.scopeId,
    reason: row.reason,
    engagedBy: { userId: row.engagedBy, displayName: row.engagedByName },
    engagedAt: row.engagedAt,
    liftRequestedBy: person(row.liftRequestedBy, row.liftRequestedByName),
    liftRequestedAt: row.liftRequestedAt,
    liftedBy: person(row.liftedBy, row.liftedByName),
    liftedAt: row.liftedAt,
  }
}
