import { createHash, randomBytes } from 'node:crypto'
import { mayOnUnit, systemActor, type Actor, type Examination } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Examiner } from '#shared/api/people.ts'
import { endSessionsOf } from './end-session.ts'
import { ensureFirm } from './ensure-firm.ts'
import { insertSession } from './queries.ts'
import { unitPathOf } from './unit-path.ts'

export interface ExaminerWish {
  readonly name: string
  readonly organisation: string
  readonly purpose: string
  readonly unitId?: string | undefined
  readonly filter?: Examination | undefined
  readonly validUntil: Instant
}

/** People of this issuer are examiners: no provider vouches for them, the records officer does. */
export const examinerIssuer = 'examiner'

/** An examination lasts a year at the most. */
const longestMilliseconds = 366 * 86_400_000

type Parts = Pick<Deps, 'db' | 'clock'>

/** Opens an examination. The secret is answered once, stored hashed, and handed over by other means than this system. */
export async function grantExaminer(
  deps: Parts,
  actor: Actor,
  wish: ExaminerWish,
): Promise<Examiner & { secret: string }> {
  const secret = `gwx_${randomBytes(24).toString('base64url')}`
  return inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    if (wish.validUntil <= now || Date.parse(wish.validUntil) - Date.parse(now) > longestMilliseconds)
      throw new AppError('unprocessable', 'An examination ends at a time within a year from now.')
    const unitId = wish.unitId ?? (await ensureFirm(tx, now)).id
    if (!mayOnUnit(actor, 'examiner.manage', await unitPathOf(tx, unitId)))
      throw new AppError('not_found', 'No such unit among those whose records you keep.')
    const { name, organisation, purpose, validUntil } = wish
    const [examinerId, userId] = [newId(now), newId(now)]
    const filter = wish.filter ?? {}
    const examiner = { examinerId, userId, name, organisation, purpose, unitId, filter, validFrom: now, validUntil }
    await insertExamination(tx, examiner, { secret, grantedBy: actor.userId })
    await appendRecord(tx, actor, {
      type: 'examiner.granted',
      at: now,
      streams: { user: userId, unit: unitId },
      body: { examinerId, userId, name, organisation, purpose, unitId, filter: { ...filter }, validUntil },
      searchText: `${name} ${organisation}`,
    })
    return { ...examiner, endedAt: null, secret }
  })
}

/** The examiner as a person, and what they may look at; of the secret only its hash. */
async function insertExamination(
  tx: Tx,
  examiner: Omit<Examiner, 'endedAt'>,
  { secret, grantedBy }: { readonly secret: string; readonly grantedBy: string },
): Promise<void> {
  const { examinerId, userId, name, organisation, purpose, unitId, filter, validFrom, validUntil } = examiner
  await tx
    .insertInto('app_user')
    .values({
      id: userId,
      issuer: examinerIssuer,
      subject: examinerId,
      display_name: `${name} (${organisation})`,
      email: null,
      unit_id: unitId,
      created_at: validFrom,
      updated_at: validFrom,
    })
    .execute()
  await tx
    .insertInto('examiner_access')
    .values({
      id: examinerId,
      user_id: userId,
      organisation,
      purpose,
      filter: JSON.stringify({ name, ...filter }),
      unit_id: unitId,
      secret_hash: hashSecret(secret),
      valid_from: validFrom,
      valid_until: validUntil,
      granted_by: grantedBy,
      created_at: validFrom,
    })
    .execute()
}

/** Ends an examination and its sessions at once. */
export async function endExaminer(deps: Parts, actor: Actor, examinerId: string): Promise<Examiner> {
  return inTransaction(deps.db, async (tx) => {
    const examiner = (await listExaminers(tx, actor)).find((one) => one.examinerId === examinerId)
    if (examiner === undefined) throw new AppError('not_found', 'No such examiner.')
    if (examiner.endedAt !== null) return examiner
    const now = deps.clock.now()
    const ended = await tx
      .updateTable('examiner_access')
      .set({ ended_at: now })
      .where('id', '=', examinerId)
      .where('ended_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (ended === undefined) return examiner
    await endSessionsOf(tx, examiner.userId, 'deactivated', now)
    await appendRecord(tx, actor, {
      type: 'examiner.ended',
      at: now,
      streams: { user: examiner.userId, unit: examiner.unitId },
      body: { examinerId, userId: examiner.userId },
    })
    return { ...examiner, endedAt: now }
  })
}

/**
 * Starts an examiner's session, which ends with the examination at the latest. Refusals are records: `unauthenticated`
 * for an unknown secret, and for whoever holds the right one `session_expired` when its time is over and `gone` when the
 * records officer ended it.
 */
export async function signInExaminer(
  deps: Parts & Pick<Deps, 'config'>,
  secret: string,
): Promise<{ readonly sessionId: string }> {
  const answer = await inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const access = await findAccess(tx, secret)
    const refusal = refusalOf(access, now)
    if (access !== undefined && refusal === undefined) return startExaminerSession(deps, tx, access, now)
    await appendRecord(tx, systemActor, {
      type: 'session.refused',
      at: now,
      streams: access === undefined ? {} : { user: access.user_id, unit: access.unit_id },
      body: { reason: refusal?.reason ?? '', ...(access === undefined ? {} : { examinerId: access.id }) },
    })
    return refusal
  })
  if (answer !== undefined && 'sessionId' in answer) return answer
  throw answer?.error ?? new Error('a refusal without a reason')
}

type Access = NonNullable<Awaited<ReturnType<typeof findAccess>>>

function findAccess(tx: Tx, secret: string) {
  return tx
    .selectFrom('examiner_access')
    .select(['id', 'user_id', 'unit_id', 'valid_until', 'ended_at'])
    .where('secret_hash', '=', hashSecret(secret))
    .forShare()
    .executeTakeFirst()
}

interface Refusal {
  readonly reason: string
  readonly error: AppError
}

function refusalOf(access: Access | undefined, now: Instant): Refusal | undefined {
  const ask = 'Ask the records officer who gave you the secret.'
  if (access === undefined)
    return {
      reason: 'examiner_secret',
      error: new AppError('unauthenticated', `This secret is not known here. ${ask}`),
    }
  if (access.ended_at !== null)
    return { reason: 'examiner_ended', error: new AppError('gone', `The firm ended this examination. ${ask}`) }
  if (access.valid_until <= now)
    return {
      reason: 'examiner_expired',
      error: new AppError('session_expired', `The time of this examination is over. ${ask}`),
    }
  return undefined
}

async function startExaminerSession(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  access: Access,
  now: Instant,
): Promise<{ readonly sessionId: string }> {
  const sessionId = newId(now)
  const longest = addMilliseconds(now, deps.config.session.absoluteHours * 3_600_000)
  await insertSession(tx, {
    id: sessionId,
    user_id: access.user_id,
    provider_sid: null,
    id_token: null,
    authenticated_at: now,
    created_at: now,
    last_seen_at: now,
    expires_at: longest < access.valid_until ? longest : access.valid_until,
    groups_state: 'sent',
  })
  await appendRecord(tx, systemActor, {
    type: 'session.started',
    at: now,
    streams: { user: access.user_id, unit: access.unit_id },
    body: { sessionId, userId: access.user_id, issuer: examinerIssuer, examinerId: access.id },
  })
  return { sessionId }
}

/** The examinations of units whose records the actor keeps. */
export async function listExaminers(db: Db, actor: Actor): Promise<Examiner[]> {
  const rows = await db
    .selectFrom('examiner_access')
    .innerJoin('unit', 'unit.id', 'examiner_access.unit_id')
    .select([
      'examiner_access.id',
      'user_id',
      'organisation',
      'purpose',
      'filter',
      'unit_id',
      'valid_from',
      'valid_until',
      'ended_at',
      'unit.path',
    ])
    .orderBy('examiner_access.created_at', 'desc')
    .orderBy('examiner_access.id', 'desc')
    .execute()
  return rows
    .filter((row) => mayOnUnit(actor, 'examiner.manage', row.path))
    .map((row) => {
      const { name, ...filter } = row.filter as unknown as Examination & { name: string }
      return {
        examinerId: row.id,
        userId: row.user_id,
        name,
        organisation: row.organisation,
        purpose: row.purpose,
        unitId: row.unit_id,
        filter,
        validFrom: row.valid_from,
        validUntil: row.valid_until,
        endedAt: row.ended_at,
      }
    })
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
