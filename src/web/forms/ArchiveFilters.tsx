import { useState, type SyntheticEvent } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { recordEvents, type RecordType } from '#shared/record-event.ts'
import { unitsQuery } from '#web/api/queries.ts'
import { Fold } from '#web/components/Fold.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Button } from '#web/ui/Button.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { SelectField, TextField } from '#web/ui/fields.tsx'
import { dayOf, startOfDay } from '#web/util/calendar-day.ts'
import { formatDay, timeZone } from '#web/util/format.ts'
import { recordWords } from '#web/util/record-words.ts'
import { networkNames, verdictWords } from '#web/util/words.ts'
import { PersonField } from './PersonField.tsx'

/** The filter as it stands in the address: dates are days of the reader's zone. */
export type ArchiveSearch = Partial<
  Record<
    'q' | 'from' | 'to' | 'author' | 'actor' | 'unit' | 'network' | 'type' | 'verdict' | 'post' | 'profile',
    string
  >
>

export function ArchiveFilters({
  search,
  onSearch,
  action,
}: {
  search: ArchiveSearch
  onSearch: (search: ArchiveSearch) => void
  action: string
}) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const [wish, setWish] = useState<ArchiveSearch>(search)
  // A facet or the back button changed the address: the fields follow, and whoever searched stays where they were.
  const address = JSON.stringify(search)
  const [shown, setShown] = useState(address)
  if (address !== shown) {
    setShown(address)
    setWish(search)
  }
  const units = useQuery({ ...unitsQuery, enabled: may('unit.read') })
  const set = (name: keyof ArchiveSearch) => (value: string) => setWish((before) => withValue(before, name, value))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    onSearch(wish)
  }
  const filtersOn = Object.entries(wish).filter(([name, value]) => name !== 'q' && value !== undefined).length
  const any = { value: '', label: t`Any` }
  return (
    <form role="search" className="card col" onSubmit={submit}>
      <TextField
        label={t`Words`}
        hint={t`All words count. "exact phrase", OR, -without, begin*`}
        value={wish.q ?? ''}
        onChange={set('q')}
        maxLength={500}
      />
      <Fold summary={filtersOn > 0 ? t`Filters (${filtersOn})` : t`Filters`}>
        <div className="fields">
          <DateField label={t`From`} hint={dayHint(wish.from)} value={wish.from ?? ''} onChange={set('from')} />
          <DateField
            label={t`Until, this day included`}
            hint={dayHint(wish.to)}
            value={wish.to ?? ''}
            onChange={set('to')}
          />
          <SelectField
            label={t`What happened`}
            value={wish.type ?? ''}
            onChange={set('type')}
            choices={[
              any,
              ...(Object.keys(recordEvents) as RecordType[])
                .map((type) => ({ value: type, label: `${i18n._(recordWords(type))} (${type})` }))
                .toSorted((a, b) => a.label.localeCompare(b.label, i18n.locale)),
            ]}
          />
          <SelectField
            label={t`Verdict`}
            value={wish.verdict ?? ''}
            onChange={set('verdict')}
            choices={[
              any,
              ...Object.entries(verdictWords).map(([value, word]) => ({ value, label: i18n._(word.label) })),
            ]}
          />
          <PersonField label={t`Done by`} value={wish.actor ?? ''} onChange={set('actor')} any={any} />
          <PersonField label={t`About a post by`} value={wish.author ?? ''} onChange={set('author')} any={any} />
          <SelectField
            label={t`Unit`}
            value={wish.unit ?? ''}
            onChange={set('unit')}
            choices={[any, ...(units.data?.items ?? []).map((unit) => ({ value: unit.unitId, label: unit.name }))]}
          />
          <SelectField
            label={t`Network`}
            value={wish.network ?? ''}
            onChange={set('network')}
            choices={[any, ...Object.entries(networkNames).map(([value, label]) => ({ value, label }))]}
          />
        </div>
      </Fold>
      <div className="row">
        <Button kind="primary" type="submit">
          {action}
        </Button>
        <Button
          kind="plain"
          onClick={() => {
            setWish({})
            onSearch({})
          }}
        >
          <Trans>Clear</Trans>
        </Button>
      </div>
    </form>
  )
}

/** The browser writes the days of a date field in its own order; the hint says the chosen one in the console's language. */
export function dayHint(day: string | undefined): string {
  return day === undefined ? timeZone : `${formatDay(day)} (${timeZone})`
}

/** The address's filter as the API takes it: half-open instants. */
export function toFilter(search: ArchiveSearch): Record<string, string> {
  const { from, to, ...rest } = search
  return {
    ...rest,
    ...(from === undefined ? {} : { from: startOfDay(from) }),
    ...(to === undefined ? {} : { to: startOfDay(to, 1) }),
  }
}

/** The other way: a filter of the API as the address holds it, in whole days of the reader's zone. */
export function toSearch({ from, to, ...rest }: Record<string, string>): ArchiveSearch {
  return {
    ...rest,
    ...(from === undefined ? {} : { from: dayOf(Date.parse(from)) }),
    // The end is the first instant that is left out.
    ...(to === undefined ? {} : { to: dayOf(Date.parse(to) - 1) }),
  }
}

export function withValue(search: ArchiveSearch, name: keyof ArchiveSearch, value: string): ArchiveSearch {
  const { [name]: _old, ...rest } = search
  return value === '' ? rest : { ...rest, [name]: value }
}
