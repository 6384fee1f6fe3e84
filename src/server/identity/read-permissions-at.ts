import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { getPermissionsAt } from '#shared/api/people.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { permissions, roleAllows, type Permission, type Role } from '#shared/permissions.ts'
import { findVisiblePerson } from './people-queries.ts'

interface RoleRecord {
  readonly recordId: string
  readonly type: string
  readonly recordedAt: Instant
  readonly content: { readonly role?: Role; readonly unitId?: string; readonly effectiveAt?: Instant }
}

type HeldThen = AnswerOf<typeof getPermissionsAt>['roles'][number]

/**
 * What a person could do at an instant, from the records alone and not from the tables that say what they may do now.
 * Roles lent by a delegation are not in it: they follow the lender's, and `delegation.granted` names both.
 */
export async function readPermissionsAt(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  userId: string,
  asked: Instant | undefined,
): Promise<AnswerOf<typeof getPermissionsAt>> {
  if ((await findVisiblePerson(deps.db, actor, 'user.read', userId)) === undefined)
    throw new AppError('not_found', 'No such person in your units.')
  const at = asked ?? deps.clock.now()
  const records = await listRoleRecords(deps.db, userId, at)
  const active = isActive(records)
  const roles = active ? rolesInForce(records, at) : []
  return { userId, at, active, roles, permissions: spread(roles) }
}

/** The records about a person's roles and access up to an instant, oldest first. */
async function listRoleRecords(db: Db, userId: string, at: Instant): Promise<RoleRecord[]> {
  const { rows } = await sql<RoleRecord>`
    select r.id as "recordId", r.type, r.recorded_at as "recordedAt", convert_from(b.body, 'UTF8')::jsonb -> 'content' as content
      from archive.findable s
      join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
      join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
      where s.type in ('role.granted', 'role.revoked', 'user.provisioned', 'user.deactivated', 'user.reactivated')
        and s.recorded_at <= ${at}
        and convert_from(r.header, 'UTF8')::jsonb #>> '{streams,user}' = ${userId}
      order by r.recorded_at, r.seq`.execute(db)
  return rows
}

function isActive(records: readonly RoleRecord[]): boolean {
  const last = records.findLast(({ type }) => type.startsWith('user.'))
  return last !== undefined && last.type !== 'user.deactivated'
}

/** The last word on each role and unit whose time had come. */
function rolesInForce(records: readonly RoleRecord[], at: Instant): HeldThen[] {
  const held = new Map<string, HeldThen>()
  for (const { recordId, type, recordedAt, content } of records) {
    const { role, unitId, effectiveAt = recordedAt } = content
    if (role === undefined || unitId === undefined || effectiveAt > at) continue
    const key = `${role} ${unitId}`
    if (type === 'role.granted') held.set(key, { role, unitId, recordId, since: effectiveAt })
    else if (type === 'role.revoked') held.delete(key)
  }
  return [...held.values()]
}

function spread(roles: readonly HeldThen[]): { permission: Permission; unitIds: string[] }[] {
  return (Object.keys(permissions) as Permission[]).flatMap((permission) => {
    const unitIds = [...new Set(roles.filter(({ role }) => roleAllows(role, permission)).map(({ unitId }) => unitId))]
    return unitIds.length === 0 ? [] : [{ permission, unitIds }]
  })
}
