import { useState, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { QueryOf } from '#shared/api/endpoint.ts'
import type { listUsers, User } from '#shared/api/identity.ts'
import { foundPeopleQuery, peopleByIdQuery } from '#web/api/queries.ts'
import { useMay } from '#web/components/permissions.ts'
import { SelectField, TextField, type Choice } from '#web/ui/fields.tsx'
import { formatNumber } from '#web/util/format.ts'
import { useDebounced } from '#web/util/use-debounced.ts'

/** So many are offered without being sought. */
const offered = 100

interface Props {
  readonly label: string
  readonly hint?: ReactNode
  readonly value: string
  readonly onChange: (userId: string) => void
  /** Stands for nobody in particular. */
  readonly any?: Choice
  /** Who is offered; everybody in sight, unless it says so. */
  readonly among?: Pick<QueryOf<typeof listUsers>, 'role' | 'unit'>
  readonly except?: (user: User) => boolean
  /** What to say where nobody can be chosen. */
  readonly nobody?: ReactNode
}

/** Chooses a person. Where there are more than a list can hold, a part of the name finds them. */
export function PersonField({ label, hint, value, onChange, any, among = {}, except, nobody }: Props) {
  const { t } = useLingui()
  const may = useMay()
  const [sought, setSought] = useState('')
  const q = useDebounced(sought.trim(), 250)
  const people = useQuery({
    ...foundPeopleQuery({ ...among, ...(q === '' ? {} : { q }), limit: offered }),
    enabled: may('user.read'),
    placeholderData: keepPreviousData,
  })
  const found = (people.data?.items ?? []).filter((user) => except?.(user) !== true)
  const isListed = value === '' || found.some(({ userId }) => userId === value)
  const chosen = useQuery({ ...peopleByIdQuery([value]), enabled: !isListed && may('user.read') })
  const listed = isListed ? found : [...(chosen.data?.items ?? []), ...found]
  const isSearchable = q !== '' || (people.data?.total ?? 0) > offered
  if (nobody !== undefined && people.data !== undefined && !isSearchable && found.length === 0) return nobody
  return (
    <div className="col">
      {isSearchable && (
        <TextField
          label={t`${label}: find by name`}
          placeholder={t`among ${formatNumber(people.data?.total ?? 0)}`}
          value={sought}
          onChange={setSought}
          maxLength={200}
        />
      )}
      <SelectField
        label={label}
        hint={hint}
        value={value}
        onChange={onChange}
        choices={[
          ...(any === undefined ? [{ value: '', label: t`Choose…` }] : [any]),
          ...listed.map(({ userId, displayName }) => ({ value: userId, label: displayName })),
        ]}
      />
    </div>
  )
}
