import { useMemo } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { Publication, TimelineEntry } from '#shared/api/posts.ts'
import { Mark } from '#web/ui/Notice.tsx'
import { formatExactTime } from '#web/util/format.ts'
import { placesOf } from '#web/util/publication-places.ts'
import { recordFacts } from '#web/util/record-facts.ts'
import { recordTone, recordWords } from '#web/util/record-words.ts'
import { networkName } from '#web/util/words.ts'
import { useMay } from './permissions.ts'

interface Props {
  readonly entries: readonly TimelineEntry[]
  /** Where the page knows them: each line then names its profile, else its network alone. */
  readonly publications?: readonly Publication[]
  readonly withTexts?: boolean
}

const none: readonly Publication[] = []

/** The life of a post in words, the newest last, each line with its seal; with the texts where no other part of the page has them. */
export function Timeline({ entries, publications = none, withTexts = false }: Props) {
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
              {entry.actor !== null && entry.actor.userId !== '00000000-0000-0000-0000-000000000000' && (
                <> · {entry.actor.displayName}</>
              )}
              <Place name={placeOf(entry)} />
            </div>
            <Detail summary={entry.summary} />
            {withTexts && <Said summary={entry.summary} />}
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

/** What was to be said, what the world saw, and where. */
function Said({ summary }: { summary: Record<string, unknown> }) {
  const { text, language, networks, permalink } = recordFacts(summary)
  return (
    <>
      {text !== undefined && (
        <blockquote className="said" {...(language === undefined ? {} : { lang: language })}>
          {text}
        </blockquote>
      )}
      {networks.length > 0 && <div className="small">{networks.map(networkName).join(', ')}</div>}
      {permalink !== undefined && (
        <div className="small">
          <a href={permalink}>{permalink}</a>
        </div>
      )}
    </>
  )
}
