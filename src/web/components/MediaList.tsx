import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { Finding } from '#shared/api/policies.ts'
import type { Media } from '#shared/api/posts.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { MarkedText } from './HighlightedText.tsx'
import { MediaFile, mediaUrl } from './MediaFile.tsx'

interface Props {
  readonly media: readonly Media[]
  readonly findings: readonly Finding[]
  /** The files of the revision that was seen before, where there is one: what changed is said. */
  readonly before?: readonly Media[] | undefined
}

/** The pictures and films of a revision as they will be seen, each with its description and what policy says of it. */
export function MediaList({ media, findings, before }: Props) {
  const { t } = useLingui()
  const gone = (before ?? []).filter(({ sha256 }) => !media.some((item) => item.sha256 === sha256)).length
  if (media.length === 0 && gone === 0) return null
  return (
    <div>
      <ul className="media-list" aria-label={t`Pictures and films`}>
        {media.map((item, index) => (
          <li key={item.mediaId}>
            <Shown item={item} number={index + 1} />
            <p className="small">
              <Change item={item} before={before} />
              {item.altText === null ? (
                <span className="muted">
                  <Trans>Without a description</Trans>
                </span>
              ) : (
                <>
                  <span className="muted">
                    <Trans>Description:</Trans>{' '}
                  </span>
                  <MarkedText text={item.altText} findings={findings} field={`alt:${index}`} />
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
      {gone > 0 && (
        <p className="muted small">
          <Plural value={gone} one="# file was taken out since." other="# files were taken out since." />
        </p>
      )}
    </div>
  )
}

function Change({ item, before }: { item: Media; before: readonly Media[] | undefined }) {
  if (before === undefined) return null
  const old = before.find(({ sha256 }) => sha256 === item.sha256)
  if (old === undefined)
    return (
      <Badge tone="note">
        <Trans>New</Trans>
      </Badge>
    )
  if (old.altText === item.altText) return null
  return (
    <Badge tone="note">
      <Trans>Described anew</Trans>
    </Badge>
  )
}

function Shown({ item, number }: { item: Media; number: number }) {
  const { t } = useLingui()
  const file = <MediaFile media={item} alt="" name={t`File ${number}`} />
  if (item.mimeType.startsWith('video/')) return file
  return (
    <a href={mediaUrl(item)} target="_blank" rel="noreferrer" aria-label={t`Open file ${number} in full size`}>
      {file}
    </a>
  )
}
