import { useEffect, useMemo, useRef, useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReviewSummary } from '#shared/api/reviews.ts'
import type { Severity } from '#shared/api/policies.ts'
import { queueQuery, unitsQuery } from '#web/api/queries.ts'
import { Fold } from '#web/components/Fold.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { QueueFigures } from '#web/components/QueueFigures.tsx'
import { QueueGrid } from '#web/components/QueueGrid.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { BulkBar } from '#web/forms/BulkBar.tsx'
import { ReviewPanel } from '#web/forms/ReviewPanel.tsx'
import { Button } from '#web/ui/Button.tsx'
import { SelectField } from '#web/ui/fields.tsx'
import { useKeys } from '#web/util/keys.ts'
import { networkName, severityWords } from '#web/util/words.ts'

const route = getRouteApi('/shell/queue')
/** One request holds what an officer clears in a day; the rest follows as it empties, or when it is asked for. */
const pageSize = 200

type Search = ReturnType<typeof route.useSearch>

export function QueuePage() {
  const { t } = useLingui()
  const search = route.useSearch()
  const navigate = useNavigate()
  const isOpen = search.status === undefined
  const query = useInfiniteQuery(
    queueQuery({
      status: search.status ?? 'open',
      sort: isOpen ? 'due' : 'closed',
      limit: pageSize,
      ...(search.severity === undefined ? {} : { severity: search.severity as Severity }),
      ...(search.network === undefined ? {} : { network: search.network }),
      ...(search.assignee === undefined ? {} : { assignee: search.assignee }),
      ...(search.unit === undefined ? {} : { unit: search.unit }),
    }),
  )
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const go = (reviewId: string | undefined) =>
    void navigate({ to: '/queue', search: withReview(search, reviewId), replace: true })
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const current = Math.max(
    0,
    items.findIndex((item) => item.reviewId === search.review),
  )
  const shown = items[current]
  const filtersOn = Object.values(withReview(search, undefined)).filter((value) => value !== undefined).length

  const move = (by: number) => {
    const next = items[Math.min(items.length - 1, Math.max(0, current + by))]
    if (next !== undefined) go(next.reviewId)
  }
  const toggle = (reviewId: string) =>
    setSelected((before) => {
      const after = new Set(before)
      if (!after.delete(reviewId)) after.add(reviewId)
      return after
    })
  useKeys([
    { keys: 'j', label: t`Next review`, run: () => move(1) },
    { keys: 'k', label: t`Previous review`, run: () => move(-1) },
    { keys: 'x', label: t`Select for a joint decision`, run: () => shown !== undefined && toggle(shown.reviewId) },
    ...(selected.size === 0
      ? []
      : [{ keys: 'Escape', label: t`Clear the selection`, run: () => setSelected(new Set()) }]),
    {
      keys: 'Enter',
      label: t`Open on its own page`,
      run: () => shown !== undefined && void navigate({ to: '/queue/$reviewId', params: { reviewId: shown.reviewId } }),
    },
  ])
  useFocusWhenCleared(items.length)
  // What is selected must still be in view: a filter or a colleague may have taken it away.
  const [seen, setSeen] = useState(items)
  if (seen !== items) {
    setSeen(items)
    setSelected((before) => new Set([...before].filter((id) => items.some((item) => item.reviewId === id))))
  }

  return (
    <>
      <PageHead title={t`Review queue`}>
        <QueueFigures />
      </PageHead>
      <Fold summary={filtersOn > 0 ? t`Filters (${filtersOn})` : t`Filters`}>
        <Filters search={search} facets={query.data?.pages[0]?.facets} />
      </Fold>
      {selected.size > 0 && (
        <BulkBar
          reviews={items.filter((item) => selected.has(item.reviewId))}
          onDone={() => {
            setSelected(new Set())
            focusList()
          }}
        />
      )}
      <QueryView query={query} rows={8}>
        {() =>
          shown === undefined ? (
            <Empty
              action={
                filtersOn > 0 ? (
                  <Link to="/queue">
                    <Trans>Show the whole queue</Trans>
                  </Link>
                ) : undefined
              }
            >
              {filtersOn > 0 ? <Trans>No review matches these filters.</Trans> : <Trans>Nothing waits for you.</Trans>}
            </Empty>
          ) : (
            <div className="queue">
              <div className="queue-list">
                <QueueGrid
                  label={isOpen ? t`Reviews, the next due first` : t`Reviews, the last decided first`}
                  items={items}
                  current={current}
                  selected={selected}
                  onMove={move}
                  onOpen={go}
                  onToggle={toggle}
                />
                {query.hasNextPage && (
                  <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    <Trans>Show more</Trans>
                  </Button>
                )}
              </div>
              <section className="queue-detail" aria-label={t`The review`}>
                <ReviewPanel
                  key={shown.reviewId}
                  reviewId={shown.reviewId}
                  onDecided={() => {
                    go(nextAfter(items, current))
                    focusList()
                  }}
                />
              </section>
            </div>
          )
        }
      </QueryView>
    </>
  )
}

/** The button that was pressed goes with its review: the keys stay in the list. */
function focusList(): void {
  document.getElementById('queue-grid')?.focus({ preventScroll: true })
}

/** The last review takes the list with it: the focus stays on the page, which says that nothing waits. */
function useFocusWhenCleared(count: number): void {
  const before = useRef(count)
  useEffect(() => {
    if (before.current > 0 && count === 0 && document.activeElement === document.body)
      document.getElementById('main')?.focus()
    before.current = count
  }, [count])
}

function nextAfter(items: readonly ReviewSummary[], current: number): string | undefined {
  return (items[current + 1] ?? items[current - 1])?.reviewId
}

function withReview(search: Search, review: string | undefined): Search {
  const { review: _review, ...rest } = search
  return review === undefined ? rest : { ...rest, review }
}

function Filters({
  search,
  facets,
}: {
  search: Search
  facets:
    | {
        severity: Record<string, number>
        network: Record<string, number>
        assignee: Record<string, number>
        status: Record<string, number>
      }
    | undefined
}) {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const units = useQuery(unitsQuery)
  const set = (name: keyof Search) => (value: string) => {
    const { [name]: _old, review: _review, ...rest } = search
    void navigate({ to: '/queue', search: value === '' ? rest : { ...rest, [name]: value } })
  }
  const count = (facet: Record<string, number> | undefined, value: string) =>
    facet?.[value] === undefined ? '' : ` (${facet[value]})`
  const all = { value: '', label: t`Any` }
  return (
    <div className="filters" role="search" aria-label={t`Filter the queue`}>
      <SelectField
        label={t`State`}
        value={search.status ?? ''}
        onChange={set('status')}
        choices={[
          { value: '', label: t`Open` + count(facets?.status, 'open') },
          {
            value: 'approved',
            label: t({ message: 'Approved', context: 'of several reviews' }) + count(facets?.status, 'approved'),
          },
          { value: 'changes_requested', label: t`Changes requested` + count(facets?.status, 'changes_requested') },
          {
            value: 'rejected',
            label: t({ message: 'Rejected', context: 'of several reviews' }) + count(facets?.status, 'rejected'),
          },
        ]}
      />
      <SelectField
        label={t`Worst finding`}
        value={search.severity ?? ''}
        onChange={set('severity')}
        choices={[
          all,
          ...(['review', 'note'] as const).map((value) => ({
            value,
            label: i18n._(severityWords[value].label) + count(facets?.severity, value),
          })),
        ]}
      />
      <SelectField
        label={t`Network`}
        value={search.network ?? ''}
        onChange={set('network')}
        choices={[
          all,
          ...Object.keys(facets?.network ?? {}).map((value) => ({
            value,
            label: networkName(value) + count(facets?.network, value),
          })),
        ]}
      />
      <SelectField
        label={t`In whose hands`}
        value={search.assignee ?? ''}
        onChange={set('assignee')}
        choices={[
          all,
          { value: 'me', label: t`Mine` + count(facets?.assignee, 'me') },
          { value: 'none', label: t`Nobody’s` + count(facets?.assignee, 'none') },
        ]}
      />
      {(units.data?.items.length ?? 0) > 1 && (
        <SelectField
          label={t`Unit`}
          value={search.unit ?? ''}
          onChange={set('unit')}
          choices={[all, ...units.data!.items.map((unit) => ({ value: unit.unitId, label: unit.name }))]}
        />
      )}
    </div>
  )
}
