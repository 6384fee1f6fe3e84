import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { delegateReview, type Review } from '#shared/api/reviews.ts'
import { call } from '#web/api/call.ts'
import { meQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { TextArea } from '#web/ui/fields.tsx'
import { PersonField } from './PersonField.tsx'

/** Hands one review to a colleague who reviews its unit. The server refuses the author, by whichever account. */
export function HandOverDialog({
  review,
  onClose,
  onDone,
}: {
  review: Review
  onClose: () => void
  onDone: (colleague: string) => Promise<void>
}) {
  const { t } = useLingui()
  const { data: me } = useQuery(meQuery)
  const [to, setTo] = useState('')
  const [reason, setReason] = useState('')
  const hand = useMutation({
    mutationFn: () =>
      call(delegateReview, {
        params: { reviewId: review.reviewId },
        body: { userId: to, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
      }),
    onSuccess: ({ assignedTo }) => onDone(assignedTo?.displayName ?? ''),
  })
  return (
    <FormDialog
      title={t`Who shall decide this one?`}
      confirm={t`Hand over`}
      busy={hand.isPending}
      ready={to !== ''}
      error={hand.error}
      onClose={onClose}
      onSubmit={() => hand.mutate()}
    >
      <PersonField
        label={t`Colleague`}
        hint={t`Only this colleague can decide it then, or hand it on.`}
        value={to}
        onChange={setTo}
        among={{ role: 'reviewer', unit: review.unitId }}
        except={({ userId }) => userId === me?.userId || userId === review.author.userId}
        nobody={
          <p>
            <Trans>Nobody else reviews this unit. Escalate it, or ask an administrator for a second reviewer.</Trans>
          </p>
        }
      />
      <TextArea
        label={t`Reason (optional)`}
        hint={t`It is kept in the archive.`}
        rows={2}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
