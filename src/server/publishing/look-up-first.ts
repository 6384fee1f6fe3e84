import { findRelease } from '#server/archive/find-release.ts'
import { bucketAgrees } from '#server/archive/bucket-agrees.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { bornAt } from '#server/platform/new-id.ts'
import { findLastAttempt, type PublicationChange, type PublicationRow } from './queries.ts'
import type { GateState } from './release-gate.ts'
import { settlePublication, type Settlement } from './settle-publication.ts'

const since = new WeakMap<Db, Instant>()

/**
 * From when on this process knows what it lets out; undefined until bucket and database agreed. What was released before
 * may have been sent by a process of which a restored database knows nothing.
 */
export async function sendingSince(deps: Pick<Deps, 'db' | 'objectStore' | 'clock'>): Promise<Instant | undefined> {
  if (!since.has(deps.db)) since.set(deps.db, deps.clock.now())
  return (await bucketAgrees(deps)) ? since.get(deps.db) : undefined
}

/**
 * What must be asked of the network before anything is sent there: after a restore the archive holds an attempt that the
 * tables do not know; and where a repeat makes a second post, whatever was released before this process began, because the
 * last records of a lost database are lost with it.
 */
export async function mustLookUpFirst(
  tx: Tx,
  state: GateState,
  repeatable: boolean,
  began: Instant,
): Promise<Settlement | undefined> {
  const { now, publication } = state
  if (publication.releaseRecordId === null || bornAt(publication.releaseRecordId) >= began) return undefined
  const attempts = (await findRelease(tx, publication))?.attempts ?? 0
  if (attempts > publication.attempts)
    return lookUp(
      now,
      'The archive holds an attempt that the database, restored from an older state, does not know; the network is being asked.',
      { attempts },
    )
  if (repeatable) return undefined
  return lookUp(
    now,
    'Released before the gateway was started again; the network is asked first whether it holds the post.',
    {},
  )
}

/** The same for a publication whose release itself the restored database does not know: the archive holds what was let out. */
export async function lookUpRelease(tx: Tx, state: GateState): Promise<void> {
  const released = (await findRelease(tx, state.publication))!
  const sentence =
    'The archive holds a release that the database, restored from an older state, does not know; the network is being asked.'
  const known = {
    stamped_payload: released.payload,
    release_record_id: released.recordId,
    attempts: Math.max(1, released.attempts),
  }
  await settlePublication(tx, state, state.now, lookUp(state.now, sentence, known))
}

function lookUp(now: Instant, sentence: string, known: PublicationChange): Settlement {
  return {
    change: { ...known, status: 'unconfirmed', next_attempt_at: now, lease_until: null, last_error: sentence },
    type: 'publication.unconfirmed',
    body: { sentence },
  }
}

/** Did a database that was restored forget an attempt of this publication? Its later acts may be forgotten with it. */
export async function isForgotten(tx: Tx, { publicationId, attempts }: PublicationRow): Promise<boolean> {
  return attempts > (await findLastAttempt(tx, publicationId))
}
