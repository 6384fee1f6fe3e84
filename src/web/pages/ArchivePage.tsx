import { useState } from 'react'
import { plural } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { searchRecords, type RecordSummary } from '#shared/api/archive.ts'
import type { QueryOf } from '#shared/api/endpoint.ts'
import { call } from '#web/api/call.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, Failure, Loading } from '#web/components/states.tsx'
import { ArchiveFacets } from '#web/forms/ArchiveFacets.tsx'
import { ArchiveFilters, toFilter } from '#web/forms/ArchiveFilters.tsx'
import { PlaceHoldDialog } from '#web/forms/PlaceHoldDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { actorName } from '#web/util/actor-name.ts'
import { formatExactTime, formatNumber, timeZone } from '#web/util/format.ts'
import { recordTone, recordWords } from '#web/util/record-words.ts'
import { networkName } from '#web/util/words.ts'

const route = getRouteApi('/shell/archive')

export function ArchivePage() {
  const { t } = useLingui()
  const may = useMay()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [holding, setHolding] = useState(false)
  const records = useInfiniteQuery({
    queryKey: ['archive', 'records', search],
    staleTime: 60_000,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(searchRecords, {
        query: {
          ...(toFilter(search) as QueryOf<typeof searchRecords>),
          limit: 50,
          ...(pageParam === undefined ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
  // A total that would take long is an estimate until somebody asks for it.
  const exact = useQuery({
    queryKey: ['archive', 'count', search],
    enabled: false,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      call(searchRecords, {
        query: { ...(toFilter(search) as QueryOf<typeof searchRecords>), limit: 1, count: 'exact' },
        signal,
      }),
  })
  const first = records.data?.pages[0]
  const searchedBackTo = records.data?.pages.at(-1)?.searchedBackTo ?? null
  const counted = exact.data ?? first
  const items = records.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHead title={t`Archive`} lead={<Trans>Each search is itself a record. Times are {timeZone}.</Trans>}>
        {may('hold.place') && first !== undefined && (
          <Button onClick={() => setHolding(true)}>
            <Trans>Hold this</Trans>
          </Button>
        )}
        {may('export.create') && (
          <Button onClick={() => void navigate({ to: '/exports/new', search })}>
            <Trans>Export this</Trans>
          </Button>
        )}
      </PageHead>
      {holding && first !== undefined && (
        <PlaceHoldDialog
          scope={toFilter(search)}
          found={
            (first.totalIsEstimate ? '≈ ' : '') +
            plural(first.total, { one: '# record', other: `${formatNumber(first.total)} records` })
          }
          onClose={() => setHolding(false)}
        />
      )}
      <ArchiveFilters
        search={search}
        action={t`Search`}
        onSearch={(wish) => void navigate({ to: '/archive', search: wish })}
      />
      {records.error !== null && <Failure error={records.error} onRetry={() => void records.refetch()} />}
      {first === undefined && records.error === null && <Loading rows={8} />}
      {first !== undefined && (
        <>
          <div className="row">
            <p role="status">
              <strong>
                {counted?.totalIsEstimate === true && '≈ '}
                <Plural
                  value={counted?.total ?? 0}
                  one="# record"
                  other={`${formatNumber(counted?.total ?? 0)} records`}
                />
              </strong>
            </p>
            {counted?.totalIsEstimate === true && (
              <Button busy={exact.isFetching} onClick={() => void exact.refetch()}>
                <Trans>Count exactly</Trans>
              </Button>
            )}
          </div>
          {first.ignored.length > 0 && (
            <p className="muted">
              <Trans>
                Not looked for, because it holds no letter and no figure: {first.ignored.slice(0, 10).join(' ')}
              </Trans>
            </p>
          )}
          <ArchiveFacets
            first={first}
            search={search}
            onSearch={(wish) => void navigate({ to: '/archive', search: wish })}
          />
          {exact.error !== null && <Failure error={exact.error} onRetry={() => void exact.refetch()} />}
          {items.length === 0 && searchedBackTo === null ? (
            <Empty>
              <Trans>No record matches. Take a filter away: the dates and the words remove most.</Trans>
            </Empty>
          ) : (
            <ul className="list" aria-label={t`Records`}>
              {items.map((item) => (
                <RecordLine key={item.recordId} item={item} />
              ))}
            </ul>
          )}
          {searchedBackTo !== null && (
            <p className="muted">
              <Trans>Searched back to {formatExactTime(searchedBackTo)} so far: this search takes long.</Trans>
            </p>
          )}
          {records.hasNextPage && (
            <div className="row">
              <Button busy={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
                {searchedBackTo === null ? <Trans>Show more</Trans> : <Trans>Search further back</Trans>}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  )
}

function RecordLine({ item }: { item: RecordSummary }) {
  const { i18n, t } = useLingui()
  return (
    <li>
      <Link className="line" to="/archive/$recordId" params={{ recordId: item.recordId }}>
        <span className="line-main">
          <strong>{i18n._(recordWords(item.type))}</strong>
          {item.excerpt !== '' && <span className="cut">{item.excerpt}</span>}
          <span className="muted small own-line">
            {[
              formatExactTime(item.recordedAt),
              item.actor === null ? undefined : actorName(item.actor),
              item.network === null ? undefined : networkName(item.network),
            ]
              .filter((part) => part !== undefined)
              .join(' · ')}
          </span>
        </span>
        <span className="line-side">
          <Badge tone={item.sealed ? 'ok' : 'review'}>{item.sealed ? t`Sealed` : t`Being sealed`}</Badge>
          {item.logIndex !== null && <span className="muted small">#{item.logIndex}</span>}
          {recordTone(item.type) === 'block' && <Badge tone="block">{t`Refusal`}</Badge>}
        </span>
      </Link>
    </li>
  )
}
