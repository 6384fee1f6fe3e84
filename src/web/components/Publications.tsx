import { Trans, useLingui } from '@lingui/react/macro'
import type { Publication } from '#shared/api/posts.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { networkName, publicationWords } from '#web/util/words.ts'

/** Where the post stands at each network, with the way to see it there. */
export function Publications({ publications }: { publications: readonly Publication[] }) {
  const { i18n } = useLingui()
  if (publications.length === 0) return null
  return (
    <section className="card col">
      <h2>
        <Trans>At the networks</Trans>
      </h2>
      <ul className="plain col">
        {publications.map((publication) => (
          <li key={publication.publicationId} className="row spread">
            <span>
              {networkName(publication.network)} · @{publication.handle}
              {publication.publishedAt !== null && (
                <span className="muted small"> · {formatTime(publication.publishedAt)}</span>
              )}
              {publication.permalink !== null && publication.status === 'published' && (
                <>
                  {' · '}
                  <a href={publication.permalink} target="_blank" rel="noreferrer">
                    <Trans>See it there</Trans>
                  </a>
                </>
              )}
            </span>
            <Badge tone={publicationWords[publication.status].tone}>
              {i18n._(publicationWords[publication.status].label)}
            </Badge>
          </li>
        ))}
      </ul>
    </section>
  )
}
