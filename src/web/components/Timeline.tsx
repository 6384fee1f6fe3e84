import { useMemo, type ReactNode } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { Publication, TimelineEntry } from '#shared/api/posts.ts'
import { Mark } from '#web/ui/Notice.tsx'
import { isPerson } from '#web/util/actor-name.ts'
import { formatExactTime } from '#web/util/format.ts'
import { placesOf } from '#web/util/publication-places.ts'
import { recordTone, recordWords } from '#web/util/record-words.ts'
import { networkName } from '#web/util/words.ts'
import { useMay } from './permissions.ts'

interface Props {
  readonly entries: readonly TimelineEntry[]
  /** Where the page knows them: each line then names its profile, else its network alone. */
  readonly publications?: readonly Publication[]
  /** What a page shows of each record beside, where no other part of it does. */
  readonly drawMore?: (summary: Record<string, unknown>) => ReactNode
}

const none: readonly Publication[] = []

/** The life of a post in words, the newest last, each line with its seal. */
export function Timeline({ entries, publications = none, drawMore }: Props) {
  const { i18n } = useLingui()
  const may = useMay()
  const placeOf = useMemo(() => placesOf(entries, publications, networkName), [entries, publications])
  return (
    <ol className="timeline">
      {entries.map((entry) => (
        <li key={entry.recordId}>
          <Mark tone={recordTone(entry.type, entry.summary)} />
          <div>
            <div>
              <strong>{i18n._(recordWords(entry.type, entry.summary))}</strong>
              {isPerson(entry.actor) && <> · {entry.actor.displayName}</>}
              <Place name={placeOf(entry)} />
            </div>
            <Detail summary={entry.summary} />
            {drawMore?.(entry.summary)}
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

function Place({ name }: { name: string | undefined }) {
  return name === undefined ? null : <> · {name}</>
}

function Detail({ summary }: { summary: Record<string, unknown> }) {
  const words = [summary['reason'], summary['sentence'], summary['because']].find(
    (part): part is string => typeof part === 'string' && part.includes(' '),
  )
  return words === undefined ? null : <div>{words}</div>
}
