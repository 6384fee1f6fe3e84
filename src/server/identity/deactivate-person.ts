import { sql } from 'kysely'
import { mayOnUnit, type Actor, type RoleGrant } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Clock, Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { endSessionsOf } from './end-session.ts'
import { loadActor } from './load-actor.ts'
import {
  endDelegationsOf,
  lockPerson,
  revokeGrantsOf,
  revokeTokensOf,
  setActive,
  type LockedPerson,
} from './people-queries.ts'

/** Off-boards a person whom the actor administers. Nothing that the person did disappears. */
export async function deactivatePerson(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  userId: string,
  reason: string,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const person = await lockManagedPerson(tx, actor, userId)
    if (userId === actor.userId)
      throw new AppError('second_person_required', 'You cannot off-board yourself. A colleague must do it.')
    await offboard(tx, actor, person, reason, deps.clock.now())
  })
}

/** Lets a person sign in again. Their roles ended with the off-boarding and are given anew. */
export async function reactivatePerson(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  userId: string,
  reason: string,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const person = await lockManagedPerson(tx, actor, userId)
    await onboardAgain(tx, actor, person, reason, deps.clock.now())
  })
}

async function lockManagedPerson(tx: Tx, actor: Actor, userId: string): Promise<LockedPerson> {
  const person = await lockPerson(tx, userId)
  if (person === undefined || !mayOnUnit(actor, 'user.manage', person.unitPath))
    throw new AppError('not_found', 'No such person in your units.')
  return person
}

/**
 * Ends everything by which the person could act: sessions, tokens, roles, delegations both ways. Reviews in their hands
 * are given back by `reviews/hand-over-reviews.ts`, which this wakes. The caller holds the person's lock.
 */
export async function offboard(
  tx: Tx,
  actor: Actor,
  person: LockedPerson,
  reason: string,
  now: Instant,
): Promise<void> {
  if (!person.active) return
  const { userId, unitId } = person
  await setActive(tx, userId, false, now)
  const sessionsEnded = await endSessionsOf(tx, userId, 'deactivated', now)
  const tokensRevoked = await endTokens(tx, actor, userId, now)
  const rolesRevoked = await endRoles(tx, actor, userId, now)
  await endLoans(tx, actor, userId, now)
  await appendRecord(tx, actor, {
    type: 'user.deactivated',
    at: now,
    streams: { user: userId, unit: unitId },
    body: { userId, reason, sessionsEnded, tokensRevoked, rolesRevoked },
  })
  await sql`select pg_notify('gateway_person', '')`.execute(tx)
}

async function endTokens(tx: Tx, actor: Actor, userId: string, now: Instant): Promise<number> {
  const tokens = await revokeTokensOf(tx, userId, now)
  for (const { id: tokenId, name, prefix } of tokens) {
    await appendRecord(tx, actor, {
      type: 'token.revoked',
      at: now,
      streams: { user: userId },
      body: { tokenId, name, prefix, because: 'deactivated' },
    })
  }
  return tokens.length
}

async function endRoles(tx: Tx, actor: Actor, userId: string, now: Instant): Promise<number> {
  const grants = await revokeGrantsOf(tx, userId, now)
  for (const { role, unit_id: unitId, source } of grants) {
    await appendRecord(tx, actor, {
      type: 'role.revoked',
      at: now,
      streams: { user: userId, unit: unitId },
      body: { userId, role, unitId, source, effectiveAt: now, because: 'deactivated' },
    })
  }
  return grants.length
}

async function endLoans(tx: Tx, actor: Actor, userId: string, now: Instant): Promise<void> {
  for (const lent of await endDelegationsOf(tx, userId, now)) {
    await appendRecord(tx, actor, {
      type: 'delegation.ended',
      at: now,
      streams: { user: lent.to_user_id, unit: lent.unit_id },
      body: { delegationId: lent.id, fromUserId: lent.from_user_id, toUserId: lent.to_user_id, because: 'deactivated' },
    })
  }
}

/** Undoes an off-boarding, but for what it ended: roles, tokens and loans are given anew. */
export async function onboardAgain(
  tx: Tx,
  actor: Actor,
  person: LockedPerson,
  reason: string,
  now: Instant,
): Promise<void> {
  if (person.active) return
  await setActive(tx, person.userId, true, now)
  await appendRecord(tx, actor, {
    type: 'user.reactivated',
    at: now,
    streams: { user: person.userId, unit: person.unitId },
    body: { userId: person.userId, reason },
  })
}

/**
 * Holds the actor's own row until the end of a transaction, and refuses when they were off-boarded or lost a role since the
 * request began. A decision and the loss of the right to it at the same moment thus have an order: what is decided, was
 * decided by somebody who still could. Answers the time, which is after whatever it waited for.
 */
export async function requireStillEntitled(tx: Tx, actor: Actor, clock: Clock): Promise<Instant> {
  await tx.selectFrom('app_user').select('id').where('id', '=', actor.userId).forShare().executeTakeFirst()
  const now = clock.now()
  const present = await loadActor(tx, actor.userId, now)
  if (present === undefined) throw new AppError('session_expired', 'Your access to the gateway has ended.')
  const isKept = (grant: RoleGrant) =>
    present.grants.some(
      ({ role, unitId, delegatedBy }) =>
        role === grant.role && unitId === grant.unitId && delegatedBy === grant.delegatedBy,
    )
  if (!actor.grants.every(isKept))
    throw new AppError('conflict', 'Your roles changed a moment ago. Open this again and see what you may do now.')
  return now
}
