import { sql } from 'kysely'
import { systemActor } from '#server/platform/actor.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { judgeBeforeRelease } from '#server/reviews/judge-before-release.ts'
import { findReleasable, restRelease, updatePublication } from './queries.ts'
import { lookUpRelease } from './look-up-first.ts'
import { readGateState } from './read-gate-state.ts'
import { refuseRelease, type GateState, type Refusal } from './release-gate.ts'
import { publicationRecord, settlePublication } from './settle-publication.ts'

/** How long the gate leaves alone what it could not judge. */
const failedRestMilliseconds = 30_000

type ReleaseDeps = Pick<Deps, 'db' | 'clock' | 'networks' | 'config' | 'log'>

/**
 * Job: lets due publications through the gate. What passes gets its final bytes and a record of the release; the network
 * is called only after that record, and with it all evidence before it, is sealed.
 */
export async function releasePublications(deps: ReleaseDeps): Promise<number> {
  const due = await findReleasable(deps.db, deps.clock.now(), 50)
  for (const { publicationId, postId } of due) await judgeAndRelease(deps, postId, publicationId)
  return due.length
}

/** When the engine cannot answer, or a bug stands in the way, this post waits and does not hold up the others. */
async function judgeAndRelease(deps: ReleaseDeps, postId: string, publicationId: string): Promise<void> {
  try {
    if (!(await wouldPass(deps, postId, publicationId))) return
    await judgeBeforeRelease(deps, postId)
    await releaseOne(deps, postId, publicationId)
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    deps.log.error({ err: error, post: postId }, 'a post could not be judged for its release, or let out, and waits')
    // Fifty of them at the head of the line would leave no other a turn.
    await restRelease(deps.db, publicationId, addMilliseconds(deps.clock.now(), failedRestMilliseconds))
  }
}

/**
 * Asks the gate before the engine, so that what is held back costs nothing more. What would pass is judged before it leaves:
 * what policy says now is not what it said at the approval, and no stored verdict stands for it.
 */
async function wouldPass(deps: ReleaseDeps, postId: string, publicationId: string): Promise<boolean> {
  return inTransaction(deps.db, async (tx) => {
    const state = await readGateState(tx, postId, publicationId, deps.clock.now())
    if (state === undefined || !['waiting', 'stopped'].includes(state.publication.status)) return false
    const refusal = refuseRelease(state)
    if (refusal === undefined || refusal.because === 'unjudged') return true
    await refuse(tx, state, refusal)
    return false
  })
}

async function releaseOne(deps: ReleaseDeps, postId: string, publicationId: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const state = await readGateState(tx, postId, publicationId, deps.clock.now())
    if (state === undefined || !['waiting', 'stopped'].includes(state.publication.status)) return
    const refusal = refuseRelease(state)
    if (refusal !== undefined) return refuse(tx, state, refusal)

    const { publication, revision, now } = state
    const approved = revision.targets.find((target) => target.profileId === publication.profileId)!.payload!
    // Stamped once: every attempt, also after a crash, sends the same bytes, so that the network can tell a repeat.
    const stamped = publication.stampedPayload ?? deps.networks.get(publication.network)!.stamp(approved, now)
    const recordId = await settlePublication(tx, state, now, {
      change: {
        status: 'publishing',
        stamped_payload: stamped,
        next_attempt_at: now,
        lease_until: null,
        last_error: null,
      },
      type: 'publication.released',
      body: { contentHash: revision.contentHash, policyVersion: state.evaluation!.policyVersion, payload: stamped },
    })
    await updatePublication(tx, publicationId, now, { release_record_id: recordId })
    await sql`select pg_notify('gateway_record', '')`.execute(tx)
  })
}

/** How long a refused publication rests before the gate looks again; the cure of each kind takes its own time. */
const restMilliseconds: Record<Refusal['because'], number> = {
  cancelled: 0,
  restored: 0,
  tampered: 0,
  stopped: 2_000,
  unapproved: 60_000,
  profile: 15_000,
  unjudged: 1_000,
  early: 1_000,
}

/** What a refusal makes of a publication; others only rest. */
const endings: { readonly [because in Refusal['because']]?: 'cancelled' | 'failed' | 'stopped' } = {
  cancelled: 'cancelled',
  tampered: 'failed',
  stopped: 'stopped',
}

/** Refuses without letting anything out; a lasting refusal is a record, a passing one (a slot to come) is not. */
export async function refuse(tx: Tx, state: GateState, refusal: Refusal): Promise<void> {
  if (refusal.because === 'restored') return lookUpRelease(tx, state)
  const { publication, now } = state
  const nextAttemptAt =
    refusal.because === 'early' ? publication.dueAt : addMilliseconds(now, restMilliseconds[refusal.because])
  const told = publication.lastError === refusal.sentence
  const evidence = { because: refusal.because, sentence: refusal.sentence }
  const ending = endings[refusal.because]
  if (ending !== undefined && publication.status !== ending) {
    const change = {
      status: ending,
      next_attempt_at: ending === 'stopped' ? nextAttemptAt : null,
      last_error: refusal.sentence,
    }
    await settlePublication(tx, state, now, { change, type: 'publication.refused', body: evidence })
  } else {
    await updatePublication(tx, publication.publicationId, now, {
      next_attempt_at: nextAttemptAt,
      lease_until: null,
      last_error: refusal.because === 'early' ? null : refusal.sentence,
    })
    if (!told && refusal.because !== 'early' && refusal.because !== 'unjudged')
      await appendRecord(tx, systemActor, publicationRecord(state, now, 'publication.refused', evidence))
  }
}
