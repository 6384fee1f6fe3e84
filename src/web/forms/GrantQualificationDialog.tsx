import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { User } from '#shared/api/identity.ts'
import { grantQualification } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { SelectField, TextArea, TextField } from '#web/ui/fields.tsx'
import { dayFrom, startOfDay } from '#web/util/calendar-day.ts'
import { timeZone } from '#web/util/format.ts'
import { knownQualifications, qualificationName } from '#web/util/qualification-words.ts'

const spelling = /^[a-z][a-z0-9_-]{1,60}$/

/** Enters a dated right of a person. */
export function GrantQualificationDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [known, setKnown] = useState(knownQualifications[0] ?? '')
  const [own, setOwn] = useState('')
  const [from, setFrom] = useState(() => dayFrom(0))
  const [until, setUntil] = useState('')
  const [evidence, setEvidence] = useState('')
  const qualification = known === '' ? own.trim() : known
  const grant = useMutation({
    mutationFn: () =>
      call(grantQualification, {
        body: {
          userId: user.userId,
          qualification,
          validFrom: startOfDay(from),
          ...(until === '' ? {} : { validUntil: startOfDay(until, 1) }),
          ...(evidence.trim() === '' ? {} : { evidence: evidence.trim() }),
        },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['qualifications'] })
      onClose()
    },
  })
  const spelled = spelling.test(qualification)
  return (
    <FormDialog
      title={t`Enter a qualification of ${user.displayName}`}
      confirm={t`Enter it`}
      busy={grant.isPending}
      ready={spelled && from !== '' && (until === '' || until >= from)}
      error={grant.error}
      onClose={onClose}
      onSubmit={() => grant.mutate()}
    >
      <p>
        <Trans>A review stage that asks for it can then be decided by this person, within its dates.</Trans>
      </p>
      <SelectField
        label={t`Qualification`}
        value={known}
        onChange={setKnown}
        choices={[
          ...knownQualifications.map((value) => ({ value, label: qualificationName(value) })),
          { value: '', label: t`Another, as the policy names it` },
        ]}
      />
      {known === '' && (
        <TextField
          label={t`Its name in the policy`}
          hint={t`Small letters, digits and hyphens`}
          required
          maxLength={61}
          value={own}
          onChange={setOwn}
          error={own === '' || spelled ? undefined : t`Small letters, digits and hyphens`}
        />
      )}
      <div className="fields fields-top">
        <DateField label={t`From`} hint={timeZone} required value={from} onChange={setFrom} />
        <DateField label={t`Until, this day included`} hint={t`Empty: without end`} value={until} onChange={setUntil} />
      </div>
      <TextArea
        label={t`Evidence (optional)`}
        hint={t`For example the number of the registration. It is kept in the archive.`}
        rows={2}
        value={evidence}
        onChange={setEvidence}
      />
    </FormDialog>
  )
}
