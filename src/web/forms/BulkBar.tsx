import { useState } from 'react'
import { plural } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { decideReviews, type Outcome, type ReviewSummary } from '#shared/api/reviews.ts'
import { call } from '#web/api/call.ts'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { firstWords } from '#web/util/words.ts'
import { ReasonDialog } from './ReasonDialog.tsx'

/** One decision on several reviews. Each has its own result; nothing fails in silence. */
export function BulkBar({ reviews, onDone }: { reviews: readonly ReviewSummary[]; onDone: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [outcome, setOutcome] = useState<Outcome>()
  const decide = useMutation({
    mutationFn: (reason: string) =>
      call(decideReviews, {
        body: {
          decisions: reviews.map((review) => ({
            reviewId: review.reviewId,
            contentHash: review.contentHash,
            outcome: outcome!,
            ...(reason === '' ? {} : { reason }),
          })),
        },
      }),
    onSuccess: async ({ results }) => {
      setOutcome(undefined)
      await client.invalidateQueries({ queryKey: ['reviews'] })
      if (results.every((result) => result.ok)) onDone()
    },
  })
  const refused = decide.data?.results.filter((result) => !result.ok) ?? []
  return (
    <>
      <div className="bulk" role="region" aria-label={t`Joint decision`}>
        <strong>
          <Plural value={reviews.length} one="# selected" other="# selected" />
        </strong>
        <Button small kind="primary" onClick={() => setOutcome('approved')}>
          <Trans>Approve all</Trans>
        </Button>
        <Button small onClick={() => setOutcome('changes_requested')}>
          <Trans>Ask all for changes</Trans>
        </Button>
        <Button small kind="danger" onClick={() => setOutcome('rejected')}>
          <Trans>Reject all</Trans>
        </Button>
        <Button small kind="plain" onClick={onDone}>
          <Trans>Clear</Trans>
        </Button>
      </div>
      {refused.length > 0 && (
        <Notice
          tone="block"
          title={<Plural value={refused.length} one="# decision was refused" other="# decisions were refused" />}
        >
          <ul>
            {refused.map((result) => (
              <li key={result.reviewId}>
                {firstWords(reviews.find((review) => review.reviewId === result.reviewId)?.text ?? '')} –{' '}
                {result.detail}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ReasonDialog
        open={outcome !== undefined}
        title={
          outcome === 'approved'
            ? t`${plural(reviews.length, { one: 'Approve # post?', other: 'Approve # posts?' })}`
            : outcome === 'rejected'
              ? t`${plural(reviews.length, { one: 'Reject # post?', other: 'Reject # posts?' })}`
              : t`${plural(reviews.length, { one: 'Ask for changes on # post?', other: 'Ask for changes on # posts?' })}`
        }
        required={outcome !== 'approved'}
        confirm={t`Decide`}
        busy={decide.isPending}
        error={decide.error}
        onClose={() => setOutcome(undefined)}
        onConfirm={(reason) => decide.mutate(reason)}
      />
    </>
  )
}
