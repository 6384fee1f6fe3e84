import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { listReviewsInHand } from '#shared/api/reviews.ts'
import { reviewsInHandQuery } from '#web/api/people-queries.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatNumber, formatTime } from '#web/util/format.ts'
import { stageName } from '#web/util/words.ts'
import { useMay } from './permissions.ts'
import { QueryView } from './states.tsx'

type InHand = AnswerOf<typeof listReviewsInHand>['items'][number]

/** What a person has taken or was handed: whoever off-boards them sees what goes back to the queue. */
export function ReviewsInHand({ userId }: { userId: string }) {
  const { t } = useLingui()
  const reviews = useQuery(reviewsInHandQuery(userId))
  return (
    <QueryView query={reviews} rows={1}>
      {({ total, items }) => (
        <div className="col">
          <strong>
            <Plural
              value={total}
              _0="No review is in their hands."
              one="# review is in their hands:"
              other={`${formatNumber(total)} reviews are in their hands:`}
            />
          </strong>
          {items.length > 0 && (
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard (axe)
            <ul className="list in-hand" tabIndex={0} aria-label={t`Reviews in their hands`}>
              {items.map((review) => (
                <ReviewLine key={review.reviewId} review={review} />
              ))}
            </ul>
          )}
          {total > items.length && (
            <p className="muted small">
              <Plural
                value={total - items.length}
                one="# more is not shown: too many, or of units that are not yours."
                other="# more are not shown: too many, or of units that are not yours."
              />
            </p>
          )}
        </div>
      )}
    </QueryView>
  )
}

function ReviewLine({ review: { reviewId, stage, unitName, dueAt, overdue, escalated } }: { review: InHand }) {
  const may = useMay()
  const name = `${unitName} · ${stageName(stage)}`
  return (
    <li className="line">
      <span className="line-main">
        {may('review.read') ? (
          <Link to="/queue/$reviewId" params={{ reviewId }}>
            {name}
          </Link>
        ) : (
          name
        )}
        <span className={overdue ? 'late small own-line' : 'muted small own-line'}>
          {overdue ? (
            <Trans>overdue since {formatTime(dueAt, true)}</Trans>
          ) : (
            <Trans>to be decided by {formatTime(dueAt, true)}</Trans>
          )}
        </span>
      </span>
      {escalated && (
        <Badge tone="hold">
          <Trans>Escalated</Trans>
        </Badge>
      )}
    </li>
  )
}
