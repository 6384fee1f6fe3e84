import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { movePost } from '#server/posts/move-post.ts'
import { findPost, findRevision, lockPost, toStoredContent } from '#server/posts/stored-post.ts'
import { withdrawableStatuses } from '#shared/post-status.ts'
import { refuseForeignPost, revisePost, voidOpenReviews } from './submit-post.ts'

/** Takes one's own post back. Once the gate has released it, only retraction is left. */
export async function withdrawPost(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
  reason: string | undefined,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const post = await lockPost(tx, postId)
    refuseForeignPost(post, actor)
    if (!withdrawableStatuses.includes(post.status))
      throw new AppError(
        'wrong_status',
        `A post that is ${post.status} can no longer be withdrawn.${post.status === 'published' ? ' Retract it instead.' : ''}`,
      )
    const at = deps.clock.now()
    await movePost(tx, post, 'withdrawn', at)
    await voidOpenReviews(tx, actor, post, { at, because: 'The author withdrew the post.' })
    await appendRecord(tx, actor, {
      type: 'post.withdrawn',
      at,
      streams: { post: postId, author: post.authorId, unit: post.unitId },
      body: { reason: reason ?? null },
    })
  })
}

/** Another time of publication is another content hash: a new revision, handed in again where the old one was. */
export async function reschedulePost(
  deps: Pick<Deps, 'db' | 'clock' | 'networks' | 'config'>,
  actor: Actor,
  postId: string,
  scheduledAt: string | null,
): Promise<void> {
  const post = await findPost(deps.db, postId)
  refuseForeignPost(post, actor)
  const content = toStoredContent((await findRevision(deps.db, post.currentRevisionId))!)
  const submit = !['draft', 'blocked', 'changes_requested', 'rejected', 'withdrawn'].includes(post.status)
  await revisePost(
    deps,
    actor,
    postId,
    {
      text: content.text,
      ...(content.thread.length === 0 ? {} : { thread: [...content.thread] }),
      ...(content.format === null ? {} : { format: content.format }),
      ...(content.audience === null ? {} : { audience: content.audience }),
      profileIds: [...content.profileIds],
      mediaIds: content.media.map((item) => item.mediaId),
      altTexts: Object.fromEntries(content.media.map((item) => [item.mediaId, item.altText ?? ''])),
      links: content.links.map((link) => ({ url: link.url, ...(link.text === undefined ? {} : { text: link.text }) })),
      ...(content.language === null ? {} : { language: content.language }),
      scheduledAt,
      communicationClass: content.communicationClass,
      static: content.isStatic,
      topics: [...content.topics],
      sources: content.sources.map((source) => ({
        ...(source.claim === undefined ? {} : { claim: source.claim }),
        ...(source.url === undefined ? {} : { url: source.url }),
        ...(source.note === undefined ? {} : { note: source.note }),
      })),
      submit,
    },
    'post.rescheduled',
  )
}
