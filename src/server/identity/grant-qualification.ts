import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Qualification } from '#shared/api/people.ts'
import { lockPerson } from './people-queries.ts'
import { isSamePerson } from './same-person.ts'

export interface QualificationWish {
  readonly userId: string
  readonly qualification: string
  readonly validFrom: Instant
  readonly validUntil?: Instant | undefined
  readonly evidence?: string | undefined
}

/** Enters a dated right that a review stage may ask for (FIN-1, FCA-3). Nobody qualifies themselves. */
export async function grantQualification(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: QualificationWish,
): Promise<Qualification> {
  const { userId, qualification, validFrom } = wish
  const validUntil = wish.validUntil ?? null
  if (validUntil !== null && validUntil <= validFrom)
    throw new AppError('unprocessable', 'A qualification ends after it begins.')
  return inTransaction(deps.db, async (tx) => {
    const person = await lockPerson(tx, userId)
    if (person === undefined || !mayOnUnit(actor, 'qualification.manage', person.unitPath))
      throw new AppError('not_found', 'No such person in your units.')
    if (await isSamePerson(tx, userId, actor.userId))
      throw new AppError('second_person_required', 'Your own qualification is entered by a colleague.')
    const now = deps.clock.now()
    const qualificationId = newId(now)
    const evidence = wish.evidence ?? null
    await tx
      .insertInto('qualification')
      .values({
        id: qualificationId,
        user_id: userId,
        name: qualification,
        valid_from: validFrom,
        valid_until: validUntil,
        evidence,
        granted_by: actor.userId,
        created_at: now,
      })
      .execute()
    await appendRecord(tx, actor, {
      type: 'qualification.granted',
      at: now,
      streams: { user: userId, unit: person.unitId },
      body: { qualificationId, userId, qualification, validFrom, validUntil, evidence },
    })
    return { qualificationId, userId, qualification, validFrom, validUntil, evidence }
  })
}

/** Ends a dated right now. One that ended before stays as it was. */
export async function endQualification(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  qualificationId: string,
  reason: string,
): Promise<Qualification> {
  return inTransaction(deps.db, async (tx) => {
    const row = await tx
      .selectFrom('qualification')
      .select(['user_id', 'name', 'valid_from', 'valid_until', 'evidence'])
      .where('id', '=', qualificationId)
      .forUpdate()
      .executeTakeFirst()
    const person = row === undefined ? undefined : await lockPerson(tx, row.user_id)
    if (row === undefined || person === undefined || !mayOnUnit(actor, 'qualification.manage', person.unitPath))
      throw new AppError('not_found', 'No such qualification in your units.')
    const now = deps.clock.now()
    const ends = row.valid_until === null || row.valid_until > now
    if (ends) {
      await tx
        .updateTable('qualification')
        .set({ valid_until: now, revoked_by: actor.userId })
        .where('id', '=', qualificationId)
        .execute()
      await appendRecord(tx, actor, {
        type: 'qualification.revoked',
        at: now,
        streams: { user: row.user_id, unit: person.unitId },
        body: {
          qualificationId,
          userId: row.user_id,
          qualification: row.name,
          validUntil: now,
          before: row.valid_until,
          reason,
        },
      })
    }
    return {
      qualificationId,
      userId: row.user_id,
      qualification: row.name,
      validFrom: row.valid_from,
      validUntil: ends ? now : row.valid_until,
      evidence: row.evidence,
    }
  })
}
