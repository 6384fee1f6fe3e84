import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { listExaminerActs, type Examiner } from '#shared/api/people.ts'
import type { TimelineEntry } from '#shared/api/posts.ts'
import { call } from '#web/api/call.ts'
import { examinersQuery } from '#web/api/examiners-query.ts'
import { ExaminationState, useRunning } from '#web/components/ExaminationState.tsx'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, Failure, Loading, QueryView } from '#web/components/states.tsx'
import { EndExaminationDialog } from '#web/forms/EndExaminationDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { formatExactTime, formatTime, timeZone } from '#web/util/format.ts'
import { recordWords } from '#web/util/record-words.ts'

const route = getRouteApi('/shell/examiners/$examinerId')

/** One examination: what it opens, and what the examiner looked at. */
export function ExaminationPage() {
  const { t } = useLingui()
  const { examinerId } = route.useParams()
  const examiners = useQuery(examinersQuery)
  return (
    <QueryView query={examiners} title={t`Examination`}>
      {({ items }) => {
        const examiner = items.find((one) => one.examinerId === examinerId)
        return examiner === undefined ? (
          <>
            <PageHead title={t`Examination`} />
            <Empty
              action={
                <Link to="/examiners">
                  <Trans>All examinations</Trans>
                </Link>
              }
            >
              <Trans>There is no such examination in your units.</Trans>
            </Empty>
          </>
        ) : (
          <Examination examiner={examiner} />
        )
      }}
    </QueryView>
  )
}

function Examination({ examiner }: { examiner: Examiner }) {
  const { t } = useLingui()
  const running = useRunning(examiner)
  const [ending, setEnding] = useState(false)
  const { name, organisation, purpose, unitId, filter, validFrom, validUntil, endedAt } = examiner
  return (
    <>
      <PageHead title={t`Examination by ${name}`} lead={organisation}>
        <ExaminationState examiner={examiner} />
        {running && (
          <Button kind="danger" onClick={() => setEnding(true)}>
            <Trans>End…</Trans>
          </Button>
        )}
      </PageHead>
      <section className="card">
        <dl className="kv">
          <dt>{t`Purpose`}</dt>
          <dd>{purpose}</dd>
          <dt>{t`What they may see`}</dt>
          <dd>
            <HoldScope scope={{ unit: unitId, ...filter }} />
          </dd>
          <dt>{t`Access`}</dt>
          <dd>{t`from ${formatTime(validFrom)} to ${formatTime(validUntil, true)}`}</dd>
          {endedAt !== null && (
            <>
              <dt>{t`Ended by the firm`}</dt>
              <dd>{formatTime(endedAt, true)}</dd>
            </>
          )}
        </dl>
      </section>
      <section className="col" aria-labelledby="acts">
        <div>
          <h2 id="acts">
            <Trans>What they looked at</Trans>
          </h2>
          <p className="muted">
            <Trans>From the archive, newest first. Times are {timeZone}. That you read this is recorded too.</Trans>
          </p>
        </div>
        <Acts examinerId={examiner.examinerId} />
      </section>
      {ending && <EndExaminationDialog examiner={examiner} onClose={() => setEnding(false)} />}
    </>
  )
}

function Acts({ examinerId }: { examinerId: string }) {
  const { t } = useLingui()
  const acts = useInfiniteQuery({
    queryKey: ['examiners', examinerId, 'acts'],
    staleTime: 10_000,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listExaminerActs, {
        params: { examinerId },
        query: pageParam === undefined ? {} : { cursor: pageParam },
        signal,
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
  if (acts.error !== null) return <Failure error={acts.error} onRetry={() => void acts.refetch()} />
  if (acts.data === undefined) return <Loading />
  const items = acts.data.pages.flatMap((page) => page.items)
  if (items.length === 0)
    return (
      <Empty>
        <Trans>They have looked at nothing yet. When they search or open a record, it stands here.</Trans>
      </Empty>
    )
  return (
    <>
      <ul className="list" aria-label={t`What they looked at`}>
        {items.map((act) => (
          <ActLine key={act.recordId} act={act} />
        ))}
      </ul>
      {acts.hasNextPage && (
        <div className="row">
          <Button busy={acts.isFetchingNextPage} onClick={() => void acts.fetchNextPage()}>
            <Trans>Show more</Trans>
          </Button>
        </div>
      )}
    </>
  )
}

function ActLine({ act }: { act: TimelineEntry }) {
  const { i18n } = useLingui()
  return (
    <li className="line">
      <span className="line-main">
        <strong>{i18n._(recordWords(act.type))}</strong>
        <Seen summary={act.summary} />
        <span className="muted small own-line">{formatExactTime(act.recordedAt)}</span>
      </span>
      <Link className="small" to="/archive/$recordId" params={{ recordId: act.recordId }}>
        <Trans>The record of this look</Trans>
      </Link>
    </li>
  )
}

/** What was before their eyes: the words of the search, the record or the post. */
function Seen({ summary }: { summary: Record<string, unknown> }) {
  const { recordId, postId, filter, total, totalIsEstimate, path } = summary
  if (typeof recordId === 'string')
    return (
      <Link className="small own-line" to="/archive/$recordId" params={{ recordId }}>
        <Trans>The record that they opened</Trans>
      </Link>
    )
  if (typeof postId === 'string')
    return (
      <Link className="small own-line" to="/archive/posts/$postId" params={{ postId }}>
        <Trans>The life of the post that they opened</Trans>
      </Link>
    )
  if (typeof filter === 'object' && filter !== null)
    return (
      <>
        <HoldScope scope={filter} />
        {typeof total === 'number' && (
          <span className="small own-line">
            {totalIsEstimate === true && '≈ '}
            <Plural value={total} one="# found" other="# found" />
          </span>
        )}
      </>
    )
  return typeof path === 'string' ? <code className="small own-line">{path}</code> : null
}
