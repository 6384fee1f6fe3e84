import { useId, useRef, type ReactNode } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { CheckAnswer } from '#shared/api/policies.ts'
import type { Media } from '#shared/api/posts.ts'
import { altTextAtMost, fitMedia, mediaAtMost, mediaBytesAtMost, mediaTypes } from '#shared/media-limits.ts'
import { profilesQuery } from '#web/api/queries.ts'
import { MediaFile } from '#web/components/MediaFile.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextArea } from '#web/ui/fields.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { Progress } from '#web/ui/Progress.tsx'
import { formatBytes } from '#web/util/format.ts'
import { networkName } from '#web/util/words.ts'
import type { Upload, Uploads } from './use-uploads.ts'

interface Props {
  readonly media: readonly Media[]
  readonly profileIds: readonly string[]
  readonly onChange: (media: readonly Media[]) => void
  readonly uploads: Uploads
  readonly check: CheckAnswer | undefined
}

/** The id of a description's field, so that a finding can lead to it. */
export function altTextId(index: number): string {
  return `alt-text-${index}`
}

/** Pictures and films: chosen, dropped or pasted; each with its description, its findings and its place. */
export function MediaField({ media, profileIds, onChange, uploads, check }: Props) {
  const { t } = useLingui()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  return (
    <section className={`media-field${uploads.hovered ? ' media-hovered' : ''}`} aria-labelledby={id}>
      <h2 className="field-label" id={id}>
        <Trans>Pictures and films</Trans>
      </h2>
      {media.length > 0 && (
        <ol className="media-items">
          {media.map((item, index) => (
            <li key={item.mediaId}>
              <MediaItem item={item} index={index} media={media} onChange={onChange} check={check} />
            </li>
          ))}
        </ol>
      )}
      {uploads.items.map((upload) => (
        <UploadLine key={upload.key} upload={upload} onDismiss={() => uploads.dismiss(upload.key)} />
      ))}
      <Misfits media={media} profileIds={profileIds} />
      <div className="row">
        <Button small describedBy={`${id}-hint`} onClick={() => input.current?.click()}>
          <Trans>Add pictures or a film</Trans>
        </Button>
        <span id={`${id}-hint`} className="muted small">
          <Trans>
            Or drop or paste them here: JPEG, PNG, WebP, GIF, AVIF or MP4, up to {formatBytes(mediaBytesAtMost)} each.
          </Trans>
        </span>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label={t`Pictures and films`}
        accept={mediaTypes.join(',')}
        onChange={(event) => {
          uploads.add([...(event.currentTarget.files ?? [])])
          // The same file may be chosen again after it was removed.
          event.currentTarget.value = ''
        }}
      />
    </section>
  )
}

interface ItemProps {
  readonly item: Media
  readonly index: number
  readonly media: readonly Media[]
  readonly onChange: (media: readonly Media[]) => void
  readonly check: CheckAnswer | undefined
}

function MediaItem({ item, index, media, onChange, check }: ItemProps) {
  const { t, i18n } = useLingui()
  const findings = (check?.findings ?? []).filter(({ spans }) => spans.some(({ field }) => field === `alt:${index}`))
  const language = i18n.locale === 'fr' ? 'fr' : 'en'
  const describe = (altText: string) =>
    onChange(media.map((other) => (other === item ? { ...other, altText: cutWords(altText) } : other)))
  const number = index + 1
  return (
    <>
      <div className="media-thumb">
        <MediaFile media={item} alt="" name={t`File ${number}`} />
      </div>
      <div className="media-words">
        <TextArea
          id={altTextId(index)}
          label={t`Description of file ${number}`}
          hint={t`What it shows, for people who cannot see it, with the words in it: policy reads them only here`}
          rows={2}
          value={item.altText ?? ''}
          onChange={describe}
          error={findings.length === 0 ? undefined : findings.map((finding) => finding.messages[language]).join(' ')}
        />
        <div className="row">
          <span className="muted small">
            {item.mimeType.split('/')[1]?.toUpperCase()} · {formatBytes(item.size)}
          </span>
          {index > 0 && (
            <Button small kind="plain" onClick={() => onChange(swap(media, index - 1))}>
              <Trans>Move file {number} forward</Trans>
            </Button>
          )}
          <Button small kind="plain" onClick={() => onChange(media.filter((other) => other !== item))}>
            <Trans>Remove file {number}</Trans>
          </Button>
        </div>
      </div>
    </>
  )
}

/** Never in the middle of a character, which nobody could publish. */
function cutWords(text: string): string {
  return text.length <= altTextAtMost ? text : Array.from(text).slice(0, altTextAtMost).join('')
}

function swap(media: readonly Media[], at: number): Media[] {
  return media.map((item, index) => (index === at ? media[at + 1]! : index === at + 1 ? media[at]! : item))
}

function UploadLine({ upload, onDismiss }: { upload: Upload; onDismiss: () => void }) {
  const { t } = useLingui()
  if (upload.refusal === undefined) {
    return (
      <div className="media-upload">
        <span className="cut">{upload.name}</span>
        <Progress share={upload.share} label={t`Upload of ${upload.name}`} />
        <Button small kind="plain" onClick={onDismiss}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    )
  }
  const limit = formatBytes(mediaBytesAtMost)
  const told: Record<string, string> = {
    too_many: t`A post carries at most ${mediaAtMost} files.`,
    too_large: t`It is larger than ${limit}. Make it smaller and add it again.`,
    unsupported_media: t`It is no JPEG, PNG, WebP, GIF, AVIF or MP4. Save it as one of these and add it again.`,
    offline: t`The gateway does not answer. Add it again in a moment.`,
    object_store_unavailable: t`The file could not be stored just now. Add it again in a moment.`,
  }
  return (
    <Notice
      tone="block"
      title={t`${upload.name} was not added`}
      action={
        <Button small onClick={onDismiss}>
          <Trans>Dismiss</Trans>
        </Button>
      }
    >
      {told[upload.refusal.code] ?? upload.refusal.words}
    </Notice>
  )
}

/** What a chosen network would not take is said before it is submitted; the server refuses it in any case. */
function Misfits({ media, profileIds }: { media: readonly Media[]; profileIds: readonly string[] }) {
  const { t } = useLingui()
  const { data } = useQuery(profilesQuery)
  const networks = new Set(
    (data?.items ?? []).filter(({ profileId }) => profileIds.includes(profileId)).map(({ network }) => network),
  )
  const told: [string, ReactNode][] = []
  for (const network of networks) {
    const misfit = fitMedia(network, media)
    if (misfit === undefined) continue
    const name = networkName(network)
    const number = 'at' in misfit ? misfit.at + 1 : 0
    const limit = 'limit' in misfit ? misfit.limit : 0
    const words = {
      too_many: t`${name} takes ${limit} files; this post has ${media.length}.`,
      film: t`${name} takes no films here; remove file ${number} or leave out that profile.`,
      film_alone: t`${name} takes a film only alone; remove file ${number}, or the others.`,
      too_large: t`${name} takes pictures of up to ${formatBytes(limit)}; make file ${number} smaller.`,
      alt_text: t`${name} takes descriptions of up to ${limit} characters; shorten that of file ${number}.`,
    }
    told.push([network, words[misfit.why]])
  }
  return told.map(([network, words]) => <Notice key={network} tone="block" title={words} />)
}
