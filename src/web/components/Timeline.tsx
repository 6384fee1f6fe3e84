import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { TimelineEntry } from '#shared/api/posts.ts'
import { Mark } from '#web/ui/Notice.tsx'
import { formatExactTime } from '#web/util/format.ts'
import { recordTone, recordWords } from '#web/util/record-words.ts'
import { useMay } from './permissions.ts'

/** The life of a post in words, the newest last, each line with its seal. */
export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  const { i18n } = useLingui()
  const may = useMay()
  return (
    <ol className="timeline">
      {entries.map((entry) => (
        <li key={entry.recordId}>
          <Mark tone={recordTone(entry.type, entry.summary)} />
          <div>
            <div>
              <strong>{i18n._(recordWords(entry.type, entry.summary))}</strong>
              {entry.actor !== null && entry.actor.userId !== '00000000-0000-0000-0000-000000000000' && (
                <> · {entry.actor.displayName}</>
              )}
            </div>
            <Detail summary={entry.summary} />
            <div className="muted small">
              {formatExactTime(entry.recordedAt)} · {entry.sealed ? <Trans>sealed</Trans> : <Trans>being sealed</Trans>}
              {entry.logIndex !== null && (
                <>
                  {' '}
                  ·{' '}
                  {may('archive.search') ? (
                    <Link to="/archive/$recordId" params={{ recordId: entry.recordId }}>
                      #{entry.logIndex}
                    </Link>
                  ) : (
                    <>#{entry.logIndex}</>
                  )}
                </>
              )}
            </div>
          </div>
        </li>
      ))}
    </ol>
  )
}

function Detail({ summary }: { summary: Record<string, unknown> }) {
  const words = [summary['reason'], summary['sentence'], summary['because']].find(
    (part): part is string => typeof part === 'string' && part.includes(' '),
  )
  return words === undefined ? null : <div>{words}</div>
}
