import type { ReactNode } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { Post } from '#shared/api/posts.ts'
import { Notice, type Tone } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { networkName, stageName } from '#web/util/words.ts'

interface Step {
  readonly tone: Tone
  readonly title: ReactNode
  readonly more?: ReactNode
  /** The author can mend it. */
  readonly editable?: boolean
}

/** What happens next, who has the post in hand, and what its author can do about it. */
export function PostNextStep({ post, mine }: { post: Post; mine: boolean }) {
  const step = useStep(post)
  if (step === undefined) return null
  return (
    <Notice
      tone={step.tone}
      title={step.title}
      action={
        mine && step.editable === true ? (
          <Link className="button-link small-link" to="/posts/$postId/edit" params={{ postId: post.postId }}>
            <Trans>Edit now</Trans>
          </Link>
        ) : undefined
      }
    >
      {step.more}
    </Notice>
  )
}

function useStep(post: Post): Step | undefined {
  const { t } = useLingui()
  const { scheduledAt } = post.revision
  switch (post.status) {
    case 'in_review':
      return inReview(post)
    case 'changes_requested':
    case 'rejected':
      return answered(post)
    case 'blocked':
      return {
        tone: 'block',
        title: t`Policy does not let this text out`,
        more: t`Mend what is marked below and submit again. Nobody has to review it before that.`,
        editable: true,
      }
    case 'expired':
      return {
        tone: 'review',
        title: t`It was approved after its slot`,
        more: t`Nothing was published late. Choose a new time and submit again.`,
        editable: true,
      }
    case 'scheduled':
      return scheduledAt === null
        ? undefined
        : { tone: 'note', title: t`It leaves by itself on ${formatTime(scheduledAt, true)}` }
    case 'stopped':
      return {
        tone: 'hold',
        title: t`A stop holds it back`,
        more: <Errors post={post} after={t`It leaves by itself when the stop is lifted.`} />,
      }
    case 'failed':
      return { tone: 'block', title: t`The network did not take it`, more: <Errors post={post} />, editable: true }
    case 'unconfirmed':
      return {
        tone: 'review',
        title: t`Nobody knows yet whether it is out`,
        more: <Errors post={post} after={t`The network is being asked. Nothing is sent twice.`} />,
      }
    case 'partly_published':
      return { tone: 'review', title: t`It is not out everywhere`, more: <Errors post={post} /> }
    default:
      return troubled(post)
  }
}

/** With whom it lies, and until when. */
function inReview(post: Post): Step | undefined {
  const review = post.reviews.find(({ status }) => status === 'open')
  if (review === undefined) return undefined
  const { claimedBy, assignedTo, dueAt } = review
  const stage = stageName(review.stage)
  return {
    tone: 'note',
    title:
      claimedBy !== null ? (
        <Trans>
          {claimedBy.displayName} is reading it ({stage})
        </Trans>
      ) : assignedTo !== null ? (
        <Trans>
          It was handed to {assignedTo.displayName} ({stage})
        </Trans>
      ) : (
        <Trans>It waits for a reviewer ({stage})</Trans>
      ),
    more: dueAt === null ? undefined : <Trans>An answer is due by {formatTime(dueAt, true)}.</Trans>,
  }
}

function answered(post: Post): Step {
  const answer = post.reviews
    .flatMap((review) => review.decisions)
    .findLast((decision) => decision.outcome !== 'approved')
  const name = answer?.reviewer.displayName ?? ''
  return {
    tone: post.status === 'rejected' ? 'block' : 'review',
    title:
      post.status === 'rejected' ? <Trans>{name} rejected this post</Trans> : <Trans>{name} asks for a change</Trans>,
    more: answer?.reason ?? '',
    editable: true,
  }
}

/** A network that keeps us waiting, or did not delete what was retracted. */
function troubled(post: Post): Step | undefined {
  const failing = post.publications.find((publication) => publication.lastError !== null)
  if (failing === undefined) return undefined
  return {
    tone: 'review',
    title: failing.status === 'published' ? <Trans>It is not retracted</Trans> : <Trans>It has not left yet</Trans>,
    more: failing.lastError,
  }
}

/** What each network said; its name only where there are several. */
function Errors({ post, after }: { post: Post; after?: string }) {
  const failing = post.publications.filter((publication) => publication.lastError !== null)
  const several = post.publications.length > 1
  return (
    <>
      {failing.map(({ publicationId, network, handle, lastError }) => (
        <div key={publicationId}>
          {several && (
            <>
              <strong>
                {networkName(network)} · @{handle}
              </strong>{' '}
            </>
          )}
          {lastError}
        </div>
      ))}
      {after !== undefined && <div>{after}</div>}
    </>
  )
}
