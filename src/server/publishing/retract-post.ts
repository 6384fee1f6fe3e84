import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { lockPost } from '#server/posts/stored-post.ts'
import type { PublishDeps } from './attempt-publications.ts'
import { openAccount } from './network-account.ts'
import {
  findProfileState,
  findPublication,
  findPublicationsOfPost,
  findRetractable,
  updatePublication,
} from './queries.ts'
import { exchange, lockStep } from './settle-attempt.ts'
import { settlePublication } from './settle-publication.ts'

/** Asks for the deletion of one's own published post at its networks; the evidence stays (FCA-7). */
export async function retractPost(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
  reason: string,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const post = await lockPost(tx, postId)
    if (post === undefined || post.authorId !== actor.userId) throw new AppError('not_found', 'No such post of yours.')
    const live = (await findPublicationsOfPost(tx, postId)).filter(
      (row) => row.status === 'published' && row.retractRequestedBy === null,
    )
    if (live.length === 0) throw new AppError('wrong_status', `A post that is ${post.status} has nothing to retract.`)
    const at = deps.clock.now()
    for (const publication of live)
      await updatePublication(tx, publication.publicationId, at, {
        retract_requested_by: actor.userId,
        retract_reason: reason,
        next_attempt_at: at,
      })
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

/** Job: deletes at the network what was asked to be retracted. Deleting twice is harmless, so a crash is repeated. */
export async function retractPublications(deps: PublishDeps): Promise<number> {
  const due = await findRetractable(deps.db, deps.clock.now(), 50)
  for (const publicationId of due) await retractOne(deps, publicationId)
  return due.length
}

async function retractOne(deps: PublishDeps, publicationId: string): Promise<void> {
  const publication = (await findPublication(deps.db, publicationId))!
  let answer: { requestBytes: Uint8Array; responseBytes: Uint8Array } | undefined
  try {
    const account = openAccount(deps, publication.profileId, await findProfileState(deps.db, publication.profileId))
    answer = await deps.networks.get(publication.network)!.retract(account, publication.remoteId!)
  } catch (error) {
    deps.log.warn({ err: error, publication: publicationId }, 'retraction did not succeed and is repeated')
  }
  await inTransaction(deps.db, async (tx) => {
    const step = await lockStep(tx, publication.postId, publicationId)
    if (step === undefined || step.publication.status !== 'published') return
    const at = deps.clock.now()
    if (answer === undefined)
      return updatePublication(tx, publicationId, at, {
        next_attempt_at: addMilliseconds(at, 30_000),
        last_error: 'The network did not delete the post yet; it is asked again.',
      })
    await settlePublication(
      tx,
      step,
      at,
      { status: 'retracted', next_attempt_at: null, last_error: null },
      'publication.retracted',
      {
        remoteId: publication.remoteId,
        request: exchange(answer.requestBytes),
        response: exchange(answer.responseBytes),
      },
    )
  })
}
