import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Me } from '#shared/api/identity.ts'
import { grantExaminer } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { unitsQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { SecretDialog } from '#web/components/SecretDialog.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { SelectField, TextArea, TextField } from '#web/ui/fields.tsx'
import { dayFrom } from '#web/util/calendar-day.ts'
import { formatDay, timeZone } from '#web/util/format.ts'
import { networkNames } from '#web/util/words.ts'
import { PersonField } from './PersonField.tsx'
import { dayHint, toFilter, withValue, type ArchiveSearch } from './ArchiveFilters.tsx'

interface Wish {
  readonly name: string
  readonly organisation: string
  readonly purpose: string
  readonly lastDay: string
  readonly unitId: string
  readonly scope: ArchiveSearch
}

const kept = 'gateway.examination'

/** Opens the records that an examination is about to somebody from outside, for a time. */
export function GrantExaminationDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [wish, setWish] = useState<Wish>(() => readKept() ?? emptyWish(me))
  // Granting asks for a fresh sign-in, which leads away and back: what was typed waits in this window.
  const set = (change: Partial<Wish>) => {
    const next = { ...wish, ...change }
    sessionStorage.setItem(kept, JSON.stringify(next))
    setWish(next)
  }
  const { name, organisation, purpose, lastDay, unitId, scope } = wish
  const close = () => {
    sessionStorage.removeItem(kept)
    onClose()
  }
  const grant = useMutation({
    mutationFn: () =>
      call(grantExaminer, {
        body: {
          name: name.trim(),
          organisation: organisation.trim(),
          purpose: purpose.trim(),
          validUntil: toFilter({ to: lastDay })['to'] ?? '',
          filter: toFilter(scope),
          ...(unitId === '' ? {} : { unitId }),
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['examiners'] }),
  })
  if (grant.data !== undefined) {
    const explanation = t`Hand it over by another way than this system. It is used on the sign-in page, under “Sign in as an examiner”.`
    return (
      <SecretDialog
        title={t`The secret of ${grant.data.name}`}
        explanation={explanation}
        secret={grant.data.secret}
        onClose={close}
      />
    )
  }
  return (
    <FormDialog
      title={t`Grant an examination`}
      confirm={t`Grant it`}
      busy={grant.isPending}
      ready={[name, organisation, purpose, lastDay].every((value) => value.trim() !== '')}
      error={grant.error}
      onClose={close}
      onSubmit={() => grant.mutate()}
    >
      <div className="fields">
        <TextField
          label={t`Name of the examiner`}
          required
          maxLength={200}
          value={name}
          onChange={(value) => set({ name: value })}
        />
        <TextField
          label={t`Authority or firm`}
          required
          maxLength={200}
          value={organisation}
          onChange={(value) => set({ organisation: value })}
        />
      </div>
      <TextArea
        label={t`Purpose`}
        hint={t`It is kept in the archive.`}
        required
        rows={2}
        value={purpose}
        onChange={(value) => set({ purpose: value })}
      />
      <DateField
        label={t`Last day of access`}
        hint={t`${formatDay(lastDay)} included, ${timeZone}; a year from now at most`}
        required
        value={lastDay}
        onChange={(value) => set({ lastDay: value })}
      />
      <ScopeFields
        scope={scope}
        onScope={(value) => set({ scope: value })}
        unitId={unitId}
        onUnit={(value) => set({ unitId: value })}
      />
    </FormDialog>
  )
}

interface ScopeProps {
  readonly scope: ArchiveSearch
  readonly onScope: (scope: ArchiveSearch) => void
  readonly unitId: string
  readonly onUnit: (unitId: string) => void
}

function ScopeFields({ scope, onScope, unitId, onUnit }: ScopeProps) {
  const { t } = useLingui()
  const units = useQuery(unitsQuery)
  const set = (name: keyof ArchiveSearch) => (value: string) => onScope(withValue(scope, name, value))
  const any = { value: '', label: t`Any` }
  return (
    <fieldset className="picker">
      <legend>
        <Trans>What they may see</Trans>
      </legend>
      <div className="fields">
        <SelectField
          label={t`Unit`}
          value={unitId}
          onChange={onUnit}
          choices={(units.data?.items ?? []).map((unit) => ({ value: unit.unitId, label: unit.name }))}
        />
        <PersonField label={t`Author`} value={scope.author ?? ''} onChange={set('author')} any={any} />
        <SelectField
          label={t`Network`}
          value={scope.network ?? ''}
          onChange={set('network')}
          choices={[any, ...Object.entries(networkNames).map(([value, label]) => ({ value, label }))]}
        />
        <DateField label={t`Records from`} hint={dayHint(scope.from)} value={scope.from ?? ''} onChange={set('from')} />
        <DateField
          label={t`Until, this day included`}
          hint={dayHint(scope.to)}
          value={scope.to ?? ''}
          onChange={set('to')}
        />
      </div>
    </fieldset>
  )
}

function emptyWish(me: Me): Wish {
  const unitId = me.roles.find(({ role }) => role === 'records_officer')?.unitId ?? ''
  return { name: '', organisation: '', purpose: '', lastDay: dayFrom(30), unitId, scope: {} }
}

function readKept(): Wish | undefined {
  const text = sessionStorage.getItem(kept)
  return text === null ? undefined : (JSON.parse(text) as Wish)
}
