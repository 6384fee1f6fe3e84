import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Role } from '#shared/permissions.ts'

/** A record about somebody's duties or about a unit, with what it says of them. */
export interface DutyRecord {
  readonly recordId: string
  readonly type: string
  readonly recordedAt: Instant
  /** The person of its stream; null for a record about a unit. */
  readonly userId: string | null
  readonly content: {
    readonly role?: Role
    readonly unitId?: string
    readonly effectiveAt?: Instant
    readonly delegationId?: string
    readonly examinerId?: string
    readonly fromUserId?: string
    readonly toUserId?: string
    readonly validFrom?: Instant
    readonly validUntil?: Instant
    readonly parentId?: string | null
  }
}

const aboutPeople = [
  'role.granted',
  'role.revoked',
  'user.provisioned',
  'user.deactivated',
  'user.reactivated',
  'delegation.granted',
  'delegation.ended',
  'examiner.granted',
  'examiner.ended',
]

/** The records about people's roles and access up to an instant, oldest first. */
export async function listRecordsOfPeople(db: Db, userIds: readonly string[], at: Instant): Promise<DutyRecord[]> {
  const { rows } = await sql<DutyRecord>`${selectRecords(aboutPeople, at)}
      and convert_from(r.header, 'UTF8')::jsonb #>> '{streams,user}' = any (${[...userIds]}::text[])
    order by r.recorded_at, r.seq`.execute(db)
  return rows
}

/** The records by which units came and moved up to an instant, oldest first. */
export async function listUnitRecords(db: Db, at: Instant): Promise<DutyRecord[]> {
  const { rows } = await sql<DutyRecord>`${selectRecords(['unit.created', 'unit.updated'], at)}
    order by r.recorded_at, r.seq`.execute(db)
  return rows
}

function selectRecords(types: readonly string[], at: Instant) {
  return sql`select r.id as "recordId", r.type, r.recorded_at as "recordedAt",
      convert_from(r.header, 'UTF8')::jsonb #>> '{streams,user}' as "userId",
      convert_from(b.body, 'UTF8')::jsonb -> 'content' as content
    from archive.findable s
    join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
    join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
    where s.type = any (${[...types]}::text[]) and s.recorded_at <= ${at}`
}
