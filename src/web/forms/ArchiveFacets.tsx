import type { MessageDescriptor } from '@lingui/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { searchRecords } from '#shared/api/archive.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { Button } from '#web/ui/Button.tsx'
import { formatNumber } from '#web/util/format.ts'
import { recordWords } from '#web/util/record-words.ts'
import { networkName, verdictWords } from '#web/util/words.ts'
import { withValue, type ArchiveSearch } from './ArchiveFilters.tsx'

type Facet = 'type' | 'verdict' | 'network'
const shown = 8

/** What the results are made of, the most frequent first; each narrows the search to itself, and again widens it. */
export function ArchiveFacets({
  first,
  search,
  onSearch,
}: {
  first: AnswerOf<typeof searchRecords>
  search: ArchiveSearch
  onSearch: (search: ArchiveSearch) => void
}) {
  const { t, i18n } = useLingui()
  const name = (facet: Facet, value: string) => {
    if (facet === 'network') return networkName(value)
    const verdict = verdictWords[value as keyof typeof verdictWords] as { label: MessageDescriptor } | undefined
    return i18n._(facet === 'type' ? recordWords(value) : (verdict?.label ?? recordWords(value)))
  }
  const groups = [
    { facet: 'type', label: t`What happened` },
    { facet: 'verdict', label: t`Verdict` },
    { facet: 'network', label: t`Network` },
  ] as const
  const filled = groups
    .map((group) => ({ ...group, values: Object.entries(first.facets[group.facet]).toSorted((a, b) => b[1] - a[1]) }))
    .filter(({ facet, values }) => values.length > 1 || search[facet] !== undefined)
  if (filled.length === 0) return null
  return (
    <section className="facets" aria-label={t`What the results are made of`}>
      {filled.map(({ facet, label, values }) => (
        <div key={facet} className="row" role="group" aria-label={label}>
          <span className="muted small">{label}</span>
          {values.slice(0, shown).map(([value, count]) => (
            <Button
              key={value}
              small
              pressed={search[facet] === value}
              onClick={() => onSearch(withValue(search, facet, search[facet] === value ? '' : value))}
            >
              {name(facet, value)} {formatNumber(count)}
            </Button>
          ))}
          {values.length > shown && (
            <span className="muted small">
              <Plural
                value={values.length - shown}
                one="and # more under the filters"
                other="and # more under the filters"
              />
            </span>
          )}
        </div>
      ))}
      {first.counted < first.total && (
        <p className="muted small">
          <Trans>Counted among the newest {formatNumber(first.counted)}.</Trans>
        </p>
      )}
    </section>
  )
}
