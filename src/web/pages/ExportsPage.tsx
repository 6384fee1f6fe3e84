import { Trans, useLingui } from '@lingui/react/macro'
import { msg, plural } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { exportsQuery } from '#web/api/archive-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatBytes, formatNumber, formatTime } from '#web/util/format.ts'

export const exportWords = {
  waiting: { label: msg`Waiting`, tone: 'neutral' },
  running: { label: msg`Being made`, tone: 'note' },
  completed: { label: msg`Ready`, tone: 'ok' },
  failed: { label: msg`Failed`, tone: 'block' },
  cancelled: { label: msg`Cancelled`, tone: 'neutral' },
  removed: { label: msg`Package removed`, tone: 'neutral' },
} as const

export function ExportsPage() {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const exports = useQuery(exportsQuery)
  return (
    <>
      <PageHead title={t`Exports`}>
        <Button kind="primary" onClick={() => void navigate({ to: '/exports/new' })}>
          <Trans>New export</Trans>
        </Button>
      </PageHead>
      <QueryView query={exports}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty action={<Link to="/exports/new">{t`Ask for one`}</Link>}>
              <Trans>No export yet. An export proves by itself that it is complete and untouched.</Trans>
            </Empty>
          ) : (
            <ul className="list">
              {items.map((item) => (
                <li key={item.exportId}>
                  <Link className="line" to="/exports/$exportId" params={{ exportId: item.exportId }}>
                    <span className="line-main">
                      <span className="cut">{item.reason}</span>
                      <span className="muted small">
                        {[
                          formatTime(item.requestedAt),
                          item.requestedBy.displayName,
                          item.recordCount === null
                            ? undefined
                            : plural(item.recordCount, {
                                one: '# record',
                                other: `${formatNumber(item.recordCount)} records`,
                              }),
                          item.size === null ? undefined : formatBytes(item.size),
                          item.status === 'completed' ? t`kept until ${formatTime(item.keepUntil)}` : undefined,
                        ]
                          .filter((part) => part !== undefined)
                          .join(' · ')}
                      </span>
                    </span>
                    <Badge tone={exportWords[item.status].tone}>{i18n._(exportWords[item.status].label)}</Badge>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </>
  )
}
