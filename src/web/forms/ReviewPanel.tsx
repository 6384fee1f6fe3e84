import { lazy, Suspense, useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import {
  claimReview,
  decideReview,
  escalateReview,
  releaseReview,
  type Outcome,
  type Review,
} from '#shared/api/reviews.ts'
import { call } from '#web/api/call.ts'
import { meQuery, reviewQuery } from '#web/api/queries.ts'
import { FindingsList } from '#web/components/FindingsList.tsx'
import { cutItems, HighlightedText } from '#web/components/HighlightedText.tsx'
import { MediaList } from '#web/components/MediaList.tsx'
import { PostFacts } from '#web/components/PostFacts.tsx'
import { Failure, Loading, QueryView } from '#web/components/states.tsx'
import { StatusBadge } from '#web/components/StatusBadge.tsx'
import { Timeline } from '#web/components/Timeline.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Notice } from '#web/ui/Notice.tsx'
import { announce } from '#web/util/announce.ts'
import { useKeys } from '#web/util/keys.ts'
import { formatRelative, formatTime } from '#web/util/format.ts'
import { firstWords, stageName } from '#web/util/words.ts'
import { HandOverDialog } from './HandOverDialog.tsx'
import { ReasonDialog } from './ReasonDialog.tsx'

// Whoever asks for the difference waits for it: the queue itself does without.
const TextDiff = lazy(async () => ({ default: (await import('#web/components/TextDiff.tsx')).TextDiff }))

/** One review with all that a decision needs. The server says which acts are open; reading decides nothing (FIN-5). */
export function ReviewPanel({ reviewId, onDecided }: { reviewId: string; onDecided: () => void }) {
  const review = useQuery(reviewQuery(reviewId))
  return <QueryView query={review}>{(found) => <Panel review={found} onDecided={onDecided} />}</QueryView>
}

function Panel({ review, onDecided }: { review: Review; onDecided: () => void }) {
  const { t } = useLingui()
  const [diff, setDiff] = useState(false)
  const [hit, setHit] = useState<number>()
  const items = [review.revision.text, ...review.revision.thread]
  const hits = cutItems(items, review.findings)
    .flat()
    .filter((piece) => piece.severity !== undefined).length
  const previous = review.previousRevision
  useKeys([
    ...(previous === null
      ? []
      : [{ keys: 'd', label: t`What changed since the last seen revision`, run: () => setDiff((on) => !on) }]),
    { keys: 'n', label: t`Next hit`, run: () => hits > 0 && setHit((at) => ((at ?? -1) + 1) % hits) },
  ])
  return (
    <>
      <div className="card col">
        <div className="row spread">
          <div>
            <h2>{review.author.displayName}</h2>
            <p className="muted small">
              {[review.unitName, stageName(review.stage), t`revision ${review.revisionNumber}`].join(' · ')}
            </p>
          </div>
          <span className="row">
            {review.escalated && (
              <Badge tone="hold">
                <Trans>Escalated</Trans>
              </Badge>
            )}
            <StatusBadge status={review.post.status} />
          </span>
        </div>
        {diff && previous !== null ? (
          <Suspense fallback={<Loading rows={1} />}>
            <TextDiff before={[previous.text, ...previous.thread].join('\n\n')} after={items.join('\n\n')} />
          </Suspense>
        ) : (
          <HighlightedText
            text={review.revision.text}
            thread={review.revision.thread}
            findings={review.findings}
            lang={review.revision.language}
            active={hit}
          />
        )}
        <MediaList media={review.revision.media} findings={review.findings} before={previous?.media} />
        {previous !== null && (
          <div>
            <Button small pressed={diff} shortcut="D" onClick={() => setDiff(!diff)}>
              <Trans>Changes since revision {previous.number}</Trans>
            </Button>
          </div>
        )}
        <PostFacts
          revision={review.revision}
          more={review.status === 'open' ? [[t`To be decided by`, <DueAt key="due" review={review} />]] : []}
        />
        {review.status === 'open' && <Holder review={review} />}
        <div className="decisions">
          <Decisions review={review} onDecided={onDecided} />
        </div>
      </div>
      <div className="card col">
        <h3>
          {review.findings.length === 0 ? (
            <Trans>Policy found nothing</Trans>
          ) : (
            <Plural value={review.findings.length} one="# finding" other="# findings" />
          )}
        </h3>
        <FindingsList findings={review.findings} text={review.revision.text} thread={review.revision.thread} />
      </div>
      <div className="card col">
        <h3>
          <Trans>The author’s record</Trans>
        </h3>
        <p className="muted">
          <Trans>
            {review.authorRecord.submitted} submitted, {review.authorRecord.approved} approved,{' '}
            {review.authorRecord.changesRequested} sent back, {review.authorRecord.rejected} rejected
          </Trans>
        </p>
        {review.precedents.length > 0 && (
          <>
            <h3>
              <Trans>Decided before on the same rules</Trans>
            </h3>
            <ul className="plain col">
              {review.precedents.map((precedent) => (
                <li key={precedent.postId + precedent.decidedAt}>
                  <StatusBadge status={precedent.outcome} />{' '}
                  <span className="muted small">{formatRelative(precedent.decidedAt)}</span>
                  <span className="cut">{precedent.text}</span>
                  {precedent.reason}
                </li>
              ))}
            </ul>
          </>
        )}
        <p>
          <Link to="/posts/$postId" params={{ postId: review.postId }}>
            <Trans>The whole post with its conversation</Trans>
          </Link>
        </p>
      </div>
      <div className="card col">
        <h3>
          <Trans>History</Trans>
        </h3>
        <Timeline entries={review.post.timeline} publications={review.post.publications} />
      </div>
    </>
  )
}

/** By when, and how long that is past: what is late says so beside the text too, not in the list alone. */
function DueAt({ review: { dueAt, overdue } }: { review: Review }) {
  const when = formatTime(dueAt, true)
  if (!overdue) return when
  return (
    <>
      {when}{' '}
      <span className="late">
        <Trans>overdue, {formatRelative(dueAt)}</Trans>
      </span>
    </>
  )
}

/** Who else is at it, so that two people do not read the same post. */
function Holder({ review }: { review: Review }) {
  const { data: me } = useQuery(meQuery)
  if (review.claimedBy === null || review.claimedBy.userId === me?.userId) return null
  return (
    <Notice tone="hold">
      <Trans>{review.claimedBy.displayName} has it</Trans>
    </Notice>
  )
}

function NotOpen({ status }: { status: Review['status'] }) {
  if (status === 'open') return <Trans>You may read this review, and not decide it.</Trans>
  if (status === 'waiting') return <Trans>An earlier stage of this post is still open.</Trans>
  return <Trans>This review is closed.</Trans>
}

function Decisions({ review, onDecided }: { review: Review; onDecided: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [asking, setAsking] = useState<Exclude<Outcome, 'approved'> | 'escalate'>()
  const [handing, setHanding] = useState(false)
  const params = { reviewId: review.reviewId }
  const done = { approved: t`You approved it`, rejected: t`You rejected it`, changes_requested: t`You sent it back` }
  const refresh = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ['reviews'] }),
      client.invalidateQueries({ queryKey: ['review', review.reviewId] }),
    ])
  }
  const decide = useMutation({
    mutationFn: ({ outcome, reason }: { outcome: Outcome; reason: string }) =>
      call(decideReview, {
        params,
        body: { outcome, contentHash: review.contentHash, ...(reason === '' ? {} : { reason }) },
      }),
    onSuccess: async ({ status, approvals, need }, { outcome }) => {
      setAsking(undefined)
      const said = outcome === 'approved' && status === 'open' ? t`Approval ${approvals} of ${need}` : done[outcome]
      announce(`${said} – ${firstWords(review.text)}`)
      onDecided()
      await refresh()
    },
    // The refusal is said at once: reading anew may take as long as the gateway is away.
    onError: () => void refresh(),
  })
  const handle = useMutation({
    mutationFn: async (what: 'claim' | 'release' | { escalate: string }) => {
      if (what === 'claim') await call(claimReview, { params })
      else if (what === 'release') await call(releaseReview, { params })
      else await call(escalateReview, { params, body: { reason: what.escalate } })
    },
    onSuccess: async () => {
      setAsking(undefined)
      await refresh()
    },
  })
  const may = (action: Review['allowedActions'][number]) => review.allowedActions.includes(action)
  const approve = () => may('approve') && decide.mutate({ outcome: 'approved', reason: '' })
  const claimOrRelease = () =>
    may('claim') ? handle.mutate('claim') : may('release') ? handle.mutate('release') : undefined
  useKeys([
    { keys: 'a', label: t`Approve`, run: approve },
    { keys: 'c', label: t`Ask for changes`, run: () => may('request_changes') && setAsking('changes_requested') },
    { keys: 'r', label: t`Reject`, run: () => may('reject') && setAsking('rejected') },
    { keys: 'e', label: t`Escalate`, run: () => may('escalate') && setAsking('escalate') },
    { keys: 'm', label: t`Take in hand or give back`, run: claimOrRelease },
    { keys: 'i', label: t`Hand over to a colleague`, run: () => may('delegate') && setHanding(true) },
  ])
  const titles = {
    rejected: t`Reject this post?`,
    changes_requested: t`Ask for changes`,
    escalate: t`Escalate this review`,
  }
  return (
    <>
      {!may('approve') && (
        <p className="muted" role="status">
          {review.refusal?.detail ?? <NotOpen status={review.status} />}
        </p>
      )}
      {review.allowedActions.length > 0 && (
        <div className="row">
          {may('approve') && (
            <Button
              kind="primary"
              shortcut="A"
              busy={decide.isPending && decide.variables.outcome === 'approved'}
              onClick={approve}
            >
              <Trans>Approve</Trans>
            </Button>
          )}
          {may('request_changes') && (
            <Button shortcut="C" onClick={() => setAsking('changes_requested')}>
              <Trans>Ask for changes</Trans>
            </Button>
          )}
          {may('reject') && (
            <Button kind="danger" shortcut="R" onClick={() => setAsking('rejected')}>
              <Trans>Reject</Trans>
            </Button>
          )}
          {(may('claim') || may('release')) && (
            <Button kind="plain" shortcut="M" busy={handle.isPending} onClick={claimOrRelease}>
              {may('claim') ? t`Take in hand` : t`Give back`}
            </Button>
          )}
          {may('escalate') && (
            <Button kind="plain" shortcut="E" onClick={() => setAsking('escalate')}>
              <Trans>Escalate</Trans>
            </Button>
          )}
          {may('delegate') && (
            <Button kind="plain" shortcut="I" onClick={() => setHanding(true)}>
              <Trans>Hand over…</Trans>
            </Button>
          )}
        </div>
      )}
      {review.need > 1 && (
        <p className="muted small">
          <Plural
            value={review.approvals}
            one={`# of ${review.need} approvals`}
            other={`# of ${review.need} approvals`}
          />
        </p>
      )}
      {decide.error !== null && asking === undefined && <Failure error={decide.error} />}
      {handle.error !== null && asking === undefined && <Failure error={handle.error} />}
      {handing && (
        <HandOverDialog
          review={review}
          onClose={() => setHanding(false)}
          onDone={async (colleague) => {
            setHanding(false)
            announce(t`Handed to ${colleague} – ${firstWords(review.text)}`)
            await refresh()
          }}
        />
      )}
      <ReasonDialog
        open={asking !== undefined}
        title={asking === undefined ? '' : titles[asking]}
        required
        confirm={asking === 'escalate' ? t`Escalate` : asking === 'rejected' ? t`Reject` : t`Send back`}
        busy={decide.isPending || handle.isPending}
        error={asking === 'escalate' ? handle.error : decide.error}
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) =>
          asking === 'escalate'
            ? handle.mutate({ escalate: reason })
            : asking !== undefined && decide.mutate({ outcome: asking, reason })
        }
      />
    </>
  )
}
