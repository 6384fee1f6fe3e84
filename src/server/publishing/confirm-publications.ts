import { addMilliseconds } from '#server/platform/clock.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { NetworkError, type Captured } from '#server/platform/network.ts'
import type { PublishDeps } from './attempt-publications.ts'
import { openAccount } from './network-account.ts'
import { isForgotten } from './look-up-first.ts'
import { inLanes } from './network-lanes.ts'
import {
  findDueSteps,
  findProfileState,
  findPublication,
  finishAttempt,
  updatePublication,
  type PublicationRow,
} from './queries.ts'
import { exchange, lockStep, nextTry, shown } from './settle-attempt.ts'
import { publicationRecord, settlePublication, type Settlement } from './settle-publication.ts'

/** Job: asks the network about outcomes that were not seen. No age limit: `unconfirmed` waits until the network answers. */
export async function confirmPublications(deps: PublishDeps, network?: string): Promise<number> {
  const due = await findDueSteps(deps.db, 'confirm', deps.clock.now(), { network })
  await inLanes(due, async ({ publicationId }) => confirmOne(deps, (await findPublication(deps.db, publicationId))!))
  return due.length
}

/** False where the network did not answer. */
async function confirmOne(deps: PublishDeps, publication: PublicationRow): Promise<boolean> {
  const found = await ask(deps, publication, (network, account) => network.find(account, publication.stampedPayload!))
  await inTransaction(deps.db, async (tx) => {
    const step = await lockStep(tx, publication.postId, publication.publicationId)
    if (step === undefined || step.publication.status !== 'unconfirmed') return
    const at = deps.clock.now()
    if (found instanceof NetworkError) {
      const next = nextTry(at, found, Math.max(1, publication.attempts))
      return updatePublication(tx, publication.publicationId, at, {
        next_attempt_at: next,
        last_error: `The outcome is not known yet: ${found.message}`,
      })
    }
    const { publicationId, attempts: attempt } = publication
    const outcome = found === undefined ? 'not_there' : 'found'
    await finishAttempt(tx, { publicationId, attempt }, { at, outcome, error: null })
    const sentence = 'Found at the network after an attempt whose outcome was not seen.'
    await settlePublication(
      tx,
      step,
      at,
      found !== undefined
        ? shown(at, found, { attempt, sentence })
        : (await isForgotten(tx, publication))
          ? goneSince(attempt)
          : notThere(at, attempt),
    )
  })
  return !(found instanceof NetworkError)
}

/** The network certainly does not hold it: the same bytes go through the gate once more. */
function notThere(at: string, attempt: number): Settlement {
  return {
    change: { status: 'waiting', next_attempt_at: at, lease_until: null, last_error: null },
    type: 'publication.answered',
    body: { attempt, nextStep: 'retry_later', sentence: 'The network does not hold the post.' },
  }
}

/** What was let out before a restore and is not there may have been taken back since: nobody but a person can tell. */
function goneSince(attempt: number): Settlement {
  const sentence =
    'The archive holds that this was released before, the database was restored from an older state, and the network does not hold the post: it may have been deleted since. If it is still wanted, submit it as a new post.'
  return {
    change: { status: 'failed', next_attempt_at: null, lease_until: null, last_error: sentence },
    type: 'publication.failed',
    body: { attempt, nextStep: 'rejected', sentence },
  }
}

/** Job: reads the live copy back and keeps what the world sees beside what was approved. */
export async function capturePublications(deps: PublishDeps, network?: string): Promise<number> {
  const due = await findDueSteps(deps.db, 'capture', deps.clock.now(), { network })
  await inLanes(due, async ({ publicationId }) => captureOne(deps, (await findPublication(deps.db, publicationId))!))
  return due.length
}

/** False where the network did not answer. */
async function captureOne(deps: PublishDeps, publication: PublicationRow): Promise<boolean> {
  const live = await ask(deps, publication, (network, account) => network.capture(account, publication.remoteId!))
  await inTransaction(deps.db, async (tx) => {
    const step = await lockStep(tx, publication.postId, publication.publicationId)
    if (step === undefined || step.publication.status !== 'published') return
    const at = deps.clock.now()
    if (live instanceof NetworkError)
      return updatePublication(tx, publication.publicationId, at, { next_attempt_at: addMilliseconds(at, 60_000) })
    const approved = await tx
      .selectFrom('post_revision')
      .select('text')
      .where('id', '=', publication.revisionId)
      .executeTakeFirstOrThrow()
    await updatePublication(tx, publication.publicationId, at, { captured_at: at, next_attempt_at: null })
    await appendRecord(
      tx,
      systemActor,
      publicationRecord(step, at, 'publication.captured', {
        remoteId: publication.remoteId,
        permalink: publication.permalink,
        found: live !== undefined,
        sameText: live?.text === approved.text,
        liveText: live?.text ?? null,
        response: live === undefined ? null : exchange(live.responseBytes),
      }),
    )
  })
  return !(live instanceof NetworkError)
}

/** One question to the network outside any transaction; every fault is an answer that we did not get. */
async function ask(
  deps: PublishDeps,
  publication: PublicationRow,
  question: (
    network: NonNullable<ReturnType<PublishDeps['networks']['get']>>,
    account: ReturnType<typeof openAccount>,
  ) => Promise<Captured | undefined>,
): Promise<Captured | undefined | NetworkError> {
  try {
    const account = openAccount(deps, publication.profileId, await findProfileState(deps.db, publication.profileId))
    return await question(deps.networks.get(publication.network)!, account)
  } catch (error) {
    if (error instanceof NetworkError) return error
    deps.log.warn({ err: error, publication: publication.publicationId }, 'network could not be asked')
    return new NetworkError('outcome_unknown', 'The network could not be asked.', { cause: error })
  }
}
