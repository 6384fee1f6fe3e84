import { Plural, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { reviewSummaryQuery } from '#web/api/queries.ts'
import { formatNumber } from '#web/util/format.ts'

/** The queue in four figures. Only what is overdue is red. */
export function QueueFigures() {
  const { data } = useQuery(reviewSummaryQuery)
  if (data === undefined) return null
  const { medianMinutesToDecision: minutes } = data
  const median = minutes === null ? null : Math.round(minutes)
  return (
    <div className="figures small">
      <div>
        <strong>{formatNumber(data.open)}</strong>
        <Trans>open</Trans>
      </div>
      <div className={data.overdue > 0 ? 'late' : ''}>
        <strong>{formatNumber(data.overdue)}</strong>
        <Trans>overdue</Trans>
      </div>
      <div>
        <strong>{formatNumber(data.decidedToday)}</strong>
        <Plural value={data.decidedToday} one="decided today" other="decided today" />
      </div>
      <div>
        <strong>{median === null ? '–' : formatNumber(median)}</strong>
        <Plural value={median ?? 0} one="median minute" other="median minutes" />
      </div>
    </div>
  )
}
