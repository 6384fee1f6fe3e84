import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { NetworkError } from '#server/platform/network.ts'
import { newId } from '#server/platform/new-id.ts'
import { lockPost } from '#server/posts/stored-post.ts'
import { needReauthorisation } from '#server/profiles/need-reauthorisation.ts'
import type { PublishDeps } from './attempt-publications.ts'
import { openAccount } from './network-account.ts'
import { inLanes } from './network-lanes.ts'
import {
  countAttempts,
  findDueSteps,
  findProfileState,
  findPublication,
  findPublicationsOfPost,
  finishAttempt,
  insertAttempt,
  updatePublication,
  type PublicationRow,
  type PublicationStatus,
} from './queries.ts'
import { exchange, lockStep, nextTry } from './settle-attempt.ts'
import { settlePublication, type Step } from './settle-publication.ts'

/** As long as one of these may yet be shown, taking a post back takes it back too. */
const underWay: readonly PublicationStatus[] = ['waiting', 'stopped', 'publishing', 'unconfirmed']

/**
 * Asks for the deletion of one's own published post at its networks; the evidence stays (FCA-7). What was still to leave
 * stays here, and what a network shows later is deleted there as well.
 */
export async function retractPost(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
  reason: string,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const post = await lockPost(tx, postId)
    if (post === undefined || post.authorId !== actor.userId) throw new AppError('not_found', 'No such post of yours.')
    const asked = (await findPublicationsOfPost(tx, postId)).filter((row) => row.retractRequestedBy === null)
    const live = asked.filter((row) => row.status === 'published')
    if (live.length === 0) throw new AppError('wrong_status', `A post that is ${post.status} has nothing to retract.`)
    const at = deps.clock.now()
    const wish = { retract_requested_by: actor.userId, retract_reason: reason }
    for (const { publicationId } of live)
      await updatePublication(tx, publicationId, at, { ...wish, next_attempt_at: at })
    for (const { publicationId, status } of asked)
      if (underWay.includes(status)) await updatePublication(tx, publicationId, at, wish)
    await appendRecord(tx, actor, {
      type: 'post.withdrawn',
      at,
      streams: { post: postId, author: post.authorId, unit: post.unitId },
      body: {
        reason,
        publicationIds: live.map((row) => row.publicationId),
        sentence: 'Retraction at the networks was asked for.',
      },
    })
    await sql`select pg_notify('gateway_publication', '')`.execute(tx)
  })
}

/**
 * Job: deletes at the network what was asked to be retracted. Deleting twice is harmless, so a crash is repeated. A network
 * that cannot is asked again; one that will not, three times, and then the author is told and may ask anew.
 */
export async function retractPublications(deps: PublishDeps, network?: string): Promise<number> {
  const due = await findDueSteps(deps.db, 'retract', deps.clock.now(), { network })
  await inLanes(due, ({ publicationId }) => retractOne(deps, publicationId))
  return due.length
}

const refusalsAtMost = 3

/** False where the network did not delete it. */
async function retractOne(deps: PublishDeps, publicationId: string): Promise<boolean> {
  const publication = (await findPublication(deps.db, publicationId))!
  const answer = await askNetwork(deps, publication)
  await inTransaction(deps.db, async (tx) => {
    const step = await lockStep(tx, publication.postId, publicationId)
    if (step === undefined || step.publication.status !== 'published' || step.publication.retractRequestedBy === null)
      return
    const at = deps.clock.now()
    if (answer instanceof NetworkError) return settleRefusal(tx, step, at, answer)
    await settlePublication(tx, step, at, {
      change: { status: 'retracted', next_attempt_at: null, last_error: null },
      type: 'publication.retracted',
      body: {
        remoteId: publication.remoteId,
        request: exchange(answer.requestBytes),
        response: exchange(answer.responseBytes),
      },
    })
  })
  return !(answer instanceof NetworkError)
}

async function askNetwork(
  deps: PublishDeps,
  publication: PublicationRow,
): Promise<{ requestBytes: Uint8Array; responseBytes: Uint8Array } | NetworkError> {
  try {
    const account = openAccount(deps, publication.profileId, await findProfileState(deps.db, publication.profileId))
    return await deps.networks.get(publication.network)!.retract(account, publication.remoteId!)
  } catch (error) {
    if (error instanceof NetworkError) return error
    if (error instanceof AppError) return new NetworkError('retry_later', error.message, { cause: error })
    deps.log.error({ err: error, publication: publication.publicationId }, 'retraction failed by a bug')
    return new NetworkError('retry_later', 'The network could not be asked.', { cause: error })
  }
}

/** Writes down what the network said instead of deleting, and when it is asked again, if at all. */
async function settleRefusal(tx: Tx, step: Step, at: string, error: NetworkError): Promise<void> {
  const { publicationId, attempts, profileId } = step.publication
  const attempt = attempts + 1
  await insertAttempt(tx, { id: newId(at), publicationId, number: attempt, at })
  const outcome = `retraction_${error.nextStep}`
  await finishAttempt(tx, { publicationId, attempt }, { at, outcome, error: error.message })
  if (error.nextStep === 'reauthorise') await needReauthorisation(tx, profileId, at)
  const refusals = await countAttempts(tx, publicationId, 'retraction_rejected')
  // Each time that the author asks there are three refusals more.
  const isGivenUp = error.nextStep === 'rejected' && refusals % refusalsAtMost === 0
  const next = nextTry(at, error, await countAttempts(tx, publicationId, 'retraction_'))
  const change = isGivenUp
    ? {
        retract_requested_by: null,
        retract_reason: null,
        next_attempt_at: null,
        last_error: `The network refuses to delete the post: ${error.message} Delete it there by hand, or retract it again.`,
      }
    : {
        next_attempt_at: next,
        last_error: `The post is not deleted yet: ${error.message} The network is asked again.`,
      }
  await settlePublication(tx, step, at, {
    change: { attempts: attempt, ...change },
    type: 'publication.answered',
    body: {
      attempt,
      retraction: isGivenUp ? 'given_up' : 'repeated',
      nextStep: error.nextStep,
      sentence: error.message,
      response: error.responseBytes === undefined ? null : exchange(error.responseBytes),
    },
  })
}
