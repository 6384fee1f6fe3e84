import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { reviewSummaryQuery } from '#web/api/queries.ts'
import { formatNumber } from '#web/util/format.ts'

/** The queue in four figures. Only what is overdue is red. */
export function QueueFigures() {
  const { data } = useQuery(reviewSummaryQuery)
  if (data === undefined) return null
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
        <Trans>decided today</Trans>
      </div>
      <div>
        <strong>
          {data.medianMinutesToDecision === null ? '–' : formatNumber(Math.round(data.medianMinutesToDecision))}
        </strong>
        <Trans>median minutes</Trans>
      </div>
    </div>
  )
}
