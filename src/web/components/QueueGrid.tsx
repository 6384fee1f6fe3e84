import { useEffect, useRef, type KeyboardEvent } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { ReviewSummary } from '#shared/api/reviews.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatRelative } from '#web/util/format.ts'
import { useNarrow } from '#web/util/use-narrow.ts'
import { networkName, severityWords } from '#web/util/words.ts'

interface Props {
  readonly label: string
  readonly items: readonly ReviewSummary[]
  readonly current: number
  readonly selected: ReadonlySet<string>
  readonly onMove: (by: number) => void
  readonly onOpen: (reviewId: string) => void
  readonly onToggle: (reviewId: string) => void
}

/** As in the style sheet: on a phone the words stand above what is due. */
const rowHeights = { desk: 68, phone: 96 }

/** The queue as a grid of which only the visible rows exist. The focus stays on the grid; the current row is named to it. */
export function QueueGrid({ label, items, current, selected, onMove, onOpen, onToggle }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const narrow = useNarrow()
  const rowHeight = narrow ? rowHeights.phone : rowHeights.desk
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  useEffect(() => rows.measure(), [rowHeight, rows])
  useEffect(() => rows.scrollToIndex(current), [current, rows])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      onMove(event.key === 'ArrowDown' ? 1 : -1)
    }
  }
  return (
    <div
      ref={scroller}
      className="grid"
      id="queue-grid"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={items.length}
      aria-multiselectable="true"
      aria-activedescendant={items[current] === undefined ? undefined : `row-${items[current].reviewId}`}
      onKeyDown={onKeyDown}
    >
      <div className="grid-space" role="presentation" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <Row
            key={items[index]!.reviewId}
            item={items[index]!}
            index={index}
            top={start}
            current={index === current}
            selected={selected.has(items[index]!.reviewId)}
            narrow={narrow}
            onOpen={onOpen}
            onToggle={onToggle}
          />
        ))}
      </div>
    </div>
  )
}

interface RowProps extends Pick<Props, 'onOpen' | 'onToggle'> {
  readonly item: ReviewSummary
  readonly index: number
  readonly top: number
  readonly current: boolean
  readonly selected: boolean
  readonly narrow: boolean
}

function Row({ item, index, top, current, selected, narrow, onOpen, onToggle }: RowProps) {
  const { t, i18n } = useLingui()
  const holder = item.claimedBy ?? item.assignedTo
  return (
    // The grid has the keys of its rows: see onKeyDown there.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={`row-${item.reviewId}`}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected}
      className={current ? 'queue-row current' : 'queue-row'}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(item.reviewId)}
    >
      {/* As above: `x` is its key, and the focus stays on the grid. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
      <div
        role="gridcell"
        className="queue-check"
        aria-label={selected ? t`Selected` : t`Not selected`}
        onClick={(event) => {
          event.stopPropagation()
          onToggle(item.reviewId)
        }}
      >
        <span className={selected ? 'queue-box on' : 'queue-box'}>{selected ? '✓' : ''}</span>
      </div>
      <div role="gridcell" className="line-main">
        <span className="cut">{item.text}</span>
        <span className="muted small cut">
          {[
            item.author.displayName,
            item.unitName,
            item.networks.map(networkName).join(', '),
            item.revisionNumber > 1 ? t`revision ${item.revisionNumber}` : '',
          ]
            .filter((part) => part !== '')
            .join(' · ')}
        </span>
      </div>
      <div role="gridcell" className="queue-side">
        <span className="queue-badges">
          {item.escalated && <Badge tone="hold">{t`Escalated`}</Badge>}
          {item.severity !== null && (
            <Badge tone={severityWords[item.severity].tone}>{i18n._(severityWords[item.severity].label)}</Badge>
          )}
        </span>
        {item.status === 'open' && (
          <span className={item.overdue ? 'late small' : isDueSoon(item) ? 'soon small' : 'muted small'}>
            <Due item={item} narrow={narrow} />
          </span>
        )}
        {item.closedAt !== null && <span className="muted small">{formatRelative(item.closedAt)}</span>}
        {holder !== null && item.closedAt === null && (
          <span className="muted small cut">{t`${holder.displayName} has it`}</span>
        )}
      </div>
    </div>
  )
}

/** Less than a quarter of its time is left. */
function isDueSoon({ createdAt, dueAt }: ReviewSummary): boolean {
  const [from, until] = [Date.parse(createdAt), Date.parse(dueAt)]
  return Date.now() > until - (until - from) / 4
}

/** On a phone the time alone: the list says that it is by what is due. */
function Due({ item, narrow }: { item: ReviewSummary; narrow: boolean }) {
  if (item.overdue) return <Trans>overdue</Trans>
  const when = formatRelative(item.dueAt)
  return narrow ? when : <Trans>due {when}</Trans>
}
