import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { timelineQuery } from '#web/api/archive-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { QueryView } from '#web/components/states.tsx'
import { Timeline } from '#web/components/Timeline.tsx'
import { timeZone } from '#web/util/format.ts'
import { recordFacts } from '#web/util/record-facts.ts'
import { networkName } from '#web/util/words.ts'

const route = getRouteApi('/shell/archive/posts/$postId')

/** Every stage of one post, rebuilt from records alone (MIF-4). */
export function TimelinePage() {
  const { t } = useLingui()
  const { postId } = route.useParams()
  const timeline = useQuery(timelineQuery(postId))
  return (
    <>
      <PageHead
        title={t`The life of a post`}
        lead={<Trans>Rebuilt from its records alone. Times are {timeZone}.</Trans>}
      >
        <Link to="/archive" search={{ post: postId }}>
          <Trans>Its records</Trans>
        </Link>
      </PageHead>
      <section className="card">
        <QueryView query={timeline}>{({ entries }) => <Timeline entries={entries} drawMore={drawSaid} />}</QueryView>
      </section>
    </>
  )
}

const drawSaid = (summary: Record<string, unknown>) => <Said summary={summary} />

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
