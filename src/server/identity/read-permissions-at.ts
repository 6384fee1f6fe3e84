import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { getPermissionsAt } from '#shared/api/people.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { permissions, roleAllows, type Permission, type Role } from '#shared/permissions.ts'
import { examinerScopes } from './examiner-scopes.ts'
import { findVisiblePerson } from './people-queries.ts'
import { listRecordsOfPeople, listUnitRecords, type DutyRecord } from './record-queries.ts'

type HeldThen = AnswerOf<typeof getPermissionsAt>['roles'][number]

/**
 * What a person could do at an instant, from the records alone and not from the tables that say what they may do now:
 * their own roles, an examination, and what a colleague lent who still held it then, on a unit where it then lay.
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
  const records = await listRecordsOfPeople(deps.db, [userId], at)
  const active = isActive(records)
  if (!active) return { userId, at, active, roles: [], permissions: [] }
  const own = [...rolesInForce(records, at), ...examinationsInForce(records, at)]
  const roles = [...own, ...(await rolesOnLoan(deps.db, records, own, userId, at))]
  return { userId, at, active, roles, permissions: spread(roles) }
}

function isActive(records: readonly DutyRecord[]): boolean {
  const last = records.findLast(({ type }) => type.startsWith('user.') || type === 'examiner.granted')
  return last !== undefined && last.type !== 'user.deactivated'
}

/** The last word on each role and unit whose time had come. */
function rolesInForce(records: readonly DutyRecord[], at: Instant): HeldThen[] {
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

/** What was opened and neither closed again nor over; `ended` names it by the same id. */
function openThen(
  records: readonly DutyRecord[],
  granted: string,
  ended: string,
  key: 'delegationId' | 'examinerId',
  at: Instant,
): DutyRecord[] {
  const closed = new Set(records.filter(({ type }) => type === ended).map(({ content }) => content[key]))
  return records.filter(
    ({ type, content, recordedAt }) =>
      type === granted &&
      !closed.has(content[key]) &&
      (content.validFrom ?? recordedAt) <= at &&
      (content.validUntil ?? at) > at,
  )
}

function examinationsInForce(records: readonly DutyRecord[], at: Instant): HeldThen[] {
  return openThen(records, 'examiner.granted', 'examiner.ended', 'examinerId', at).flatMap(
    ({ recordId, recordedAt, content: { unitId } }) =>
      unitId === undefined
        ? []
        : [{ role: 'auditor' as const, unitId, recordId, since: recordedAt, examination: true }],
  )
}

/** Reviewing on loan: it holds while the lender is there and holds it, and only for somebody who reviews anyway. */
async function rolesOnLoan(
  db: Db,
  records: readonly DutyRecord[],
  own: readonly HeldThen[],
  userId: string,
  at: Instant,
): Promise<HeldThen[]> {
  const loans = openThen(records, 'delegation.granted', 'delegation.ended', 'delegationId', at).filter(
    ({ content }) => content.toUserId === userId && own.some(({ role }) => role === content.role),
  )
  if (loans.length === 0) return []
  const lenders = [...new Set(loans.flatMap(({ content }) => content.fromUserId ?? []))]
  const theirs = await listRecordsOfPeople(db, lenders, at)
  const parents = parentsThen(await listUnitRecords(db, at))
  return loans.flatMap(({ recordId, recordedAt, content }) => {
    const { role, unitId, fromUserId, validFrom = recordedAt } = content
    const lender = theirs.filter((record) => record.userId === fromUserId)
    if (role === undefined || unitId === undefined || fromUserId === undefined || !isActive(lender)) return []
    const above = pathThen(parents, unitId)
    const holds = rolesInForce(lender, at).some((held) => held.role === role && above.includes(held.unitId))
    return holds ? [{ role, unitId, recordId, since: validFrom, delegatedBy: fromUserId }] : []
  })
}

type Parents = ReadonlyMap<string, string | null>

function parentsThen(records: readonly DutyRecord[]): Parents {
  return new Map(records.map(({ content: { unitId = '', parentId = null } }) => [unitId, parentId]))
}

/** The unit and all above it; moves since then do not count. */
function pathThen(parents: Parents, unitId: string): string[] {
  const above = parents.get(unitId)
  return above === undefined || above === null ? [unitId] : [...pathThen(parents, above), unitId]
}

function spread(roles: readonly HeldThen[]): { permission: Permission; unitIds: string[] }[] {
  return (Object.keys(permissions) as Permission[]).flatMap((permission) => {
    const carrying = roles.filter((held) => carries(held, permission))
    const unitIds = [...new Set(carrying.map(({ unitId }) => unitId))]
    return unitIds.length === 0 ? [] : [{ permission, unitIds }]
  })
}

function carries({ role, examination }: HeldThen & { readonly role: Role }, permission: Permission): boolean {
  return roleAllows(role, permission) && (examination !== true || examinerScopes.includes(permission))
}
