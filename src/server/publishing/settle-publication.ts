import { appendRecord, type RecordDraft } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import type { Tx } from '#server/platform/database.ts'
import { movePost } from '#server/posts/move-post.ts'
import type { PostRow } from '#server/posts/stored-post.ts'
import type { JsonObject } from '#shared/json.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { RecordType } from '#shared/record-event.ts'
import { findPublicationsOfPost, updatePublication, type PublicationChange, type PublicationRow } from './queries.ts'
import { releasable } from './release-gate.ts'

/** A publication and its post, both locked. */
export interface Step {
  readonly post: PostRow
  readonly publication: PublicationRow
}

/** What becomes of a publication, and the record that says so. */
export interface Settlement {
  readonly change: PublicationChange
  readonly type: RecordType
  readonly body: JsonObject
}

/** Changes a locked publication, brings its post in line and appends the record, whose id it answers: one act, one transaction. */
export async function settlePublication(
  tx: Tx,
  step: Step,
  at: string,
  { change, type, body }: Settlement,
): Promise<string> {
  const { post, publication } = step
  await updatePublication(tx, publication.publicationId, at, change)
  if (change.status !== undefined && post.currentRevisionId === publication.revisionId) await alignPost(tx, post, at)
  return appendRecord(tx, systemActor, publicationRecord(step, at, type, body))
}

/** A record of a publication, on the streams of its post, author, unit, profile and network. */
export function publicationRecord(
  { post, publication }: Step,
  at: string,
  type: RecordType,
  body: JsonObject,
): RecordDraft {
  return {
    type,
    at,
    streams: {
      post: post.postId,
      author: post.authorId,
      unit: post.unitId,
      profile: publication.profileId,
      network: publication.network,
    },
    body: {
      publicationId: publication.publicationId,
      revisionId: publication.revisionId,
      payloadSha256: publication.payloadSha256,
      ...body,
    },
  }
}

/** A post that was withdrawn or sent back meanwhile stays so, whatever becomes of its publications. */
async function alignPost(tx: Tx, post: PostRow, at: string): Promise<void> {
  if (!releasable.includes(post.status)) return
  const all = await findPublicationsOfPost(tx, post.postId)
  const status = statusFromPublications(
    all.filter((row) => row.revisionId === post.currentRevisionId).map((row) => row.status),
  )
  if (status !== undefined && status !== post.status) await movePost(tx, post, status, at)
}

/** The state of a post from the states of its publications; undefined where they do not decide it. Pure. */
export function statusFromPublications(statuses: readonly PublicationRow['status'][]): PostStatus | undefined {
  const live = statuses.filter((status) => status !== 'cancelled')
  const all = (...wanted: PublicationRow['status'][]) =>
    live.length > 0 && live.every((status) => wanted.includes(status))
  if (all('published')) return 'published'
  if (all('retracted')) return 'retracted'
  if (live.includes('unconfirmed')) return 'unconfirmed'
  if (live.includes('publishing')) return 'publishing'
  if (live.includes('published')) return 'partly_published'
  if (live.includes('stopped')) return 'stopped'
  if (all('failed', 'retracted')) return 'failed'
  return undefined
}
