import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createDelegation } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { meQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { SelectField, TextArea } from '#web/ui/fields.tsx'
import { announce } from '#web/util/announce.ts'
import { dayFrom, startOfDay } from '#web/util/calendar-day.ts'
import { timeZone } from '#web/util/format.ts'
import { PersonField } from './PersonField.tsx'

/** Lends one's own reviewing of a unit to a fellow reviewer, for some days. */
export function DelegateDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const [to, setTo] = useState('')
  const [unit, setUnit] = useState('')
  const [from, setFrom] = useState(() => dayFrom(0))
  const [until, setUntil] = useState(() => dayFrom(7))
  const [reason, setReason] = useState('')
  const units = (me?.roles ?? []).filter(({ role }) => role === 'reviewer')
  const unitId = unit === '' ? (units[0]?.unitId ?? '') : unit
  const lend = useMutation({
    mutationFn: () =>
      call(createDelegation, {
        body: {
          toUserId: to,
          unitId,
          // From today is from now: a moment that has passed is no beginning.
          ...(from > dayFrom(0) ? { validFrom: startOfDay(from) } : {}),
          validUntil: startOfDay(until, 1),
          reason: reason.trim(),
        },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['delegations'] })
      announce(t`Delegation given`)
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Who decides while you are away?`}
      confirm={t`Delegate`}
      busy={lend.isPending}
      ready={to !== '' && unitId !== '' && from !== '' && until >= from && reason.trim() !== ''}
      error={lend.error}
      onClose={onClose}
      onSubmit={() => lend.mutate()}
    >
      <PersonField
        label={t`Colleague`}
        hint={t`Reviewers only: a delegation makes nobody one.`}
        value={to}
        onChange={setTo}
        among={{ role: 'reviewer' }}
        except={({ userId }) => userId === me?.userId}
        nobody={
          <p>
            <Trans>No other reviewer is in sight of you. Only a reviewer can decide for you.</Trans>
          </p>
        }
      />
      {units.length > 1 && (
        <SelectField
          label={t`Unit`}
          value={unitId}
          onChange={setUnit}
          choices={units.map((one) => ({ value: one.unitId, label: one.unitName }))}
        />
      )}
      <div className="fields fields-top">
        <DateField label={t`From`} hint={timeZone} required value={from} onChange={setFrom} />
        <DateField
          label={t`Until, this day included`}
          hint={t`A year at most`}
          required
          value={until}
          onChange={setUntil}
        />
      </div>
      <TextArea
        label={t`Reason`}
        hint={t`It is kept in the archive.`}
        required
        rows={2}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
