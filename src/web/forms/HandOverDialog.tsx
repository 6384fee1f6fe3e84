import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { Unit } from '#shared/api/identity.ts'
import { delegateReview, type Review } from '#shared/api/reviews.ts'
import { call } from '#web/api/call.ts'
import { meQuery, unitsQuery, usersQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { SelectField, TextArea } from '#web/ui/fields.tsx'

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
  const users = useQuery(usersQuery)
  const units = useQuery(unitsQuery)
  const [chosen, setChosen] = useState('')
  const [reason, setReason] = useState('')
  const above = pathTo(review.unitId, units.data?.items ?? [])
  const colleagues = (users.data?.items ?? []).filter(
    ({ active, userId, roles }) =>
      active &&
      userId !== me?.userId &&
      userId !== review.author.userId &&
      roles.some(({ role, unitId }) => role === 'reviewer' && above.includes(unitId)),
  )
  const to = colleagues.find(({ userId }) => userId === chosen) ?? colleagues[0]
  const hand = useMutation({
    mutationFn: (userId: string) =>
      call(delegateReview, {
        params: { reviewId: review.reviewId },
        body: { userId, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
      }),
    onSuccess: () => onDone(to?.displayName ?? ''),
  })
  return (
    <FormDialog
      title={t`Who shall decide this one?`}
      confirm={t`Hand over`}
      busy={hand.isPending}
      ready={to !== undefined}
      error={hand.error}
      onClose={onClose}
      onSubmit={() => to !== undefined && hand.mutate(to.userId)}
    >
      {users.data !== undefined && units.data !== undefined && to === undefined ? (
        <p>
          <Trans>Nobody else reviews this unit. Escalate it, or ask an administrator for a second reviewer.</Trans>
        </p>
      ) : (
        <SelectField
          label={t`Colleague`}
          hint={t`Only this colleague can decide it then, or hand it on.`}
          value={to?.userId ?? ''}
          onChange={setChosen}
          choices={colleagues.map(({ userId, displayName }) => ({ value: userId, label: displayName }))}
        />
      )}
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

/** A unit and all above it. */
function pathTo(unitId: string, units: readonly Unit[]): string[] {
  const parents = new Map(units.map((unit) => [unit.unitId, unit.parentId]))
  const path: string[] = []
  for (let at: string | null = unitId; at !== null; at = parents.get(at) ?? null) path.push(at)
  return path
}
