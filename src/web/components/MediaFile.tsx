import { getMedia, type Media } from '#shared/api/posts.ts'

/** Where the browser fetches a file; who may see it is decided there, each time. */
export function mediaUrl({ mediaId }: Pick<Media, 'mediaId'>): string {
  return getMedia.url.replace(':mediaId', encodeURIComponent(mediaId))
}

/** A picture, or a film with its controls. `alt` is empty where the description stands beside it. */
export function MediaFile({ media, alt, name }: { media: Media; alt: string; name: string }) {
  if (!media.mimeType.startsWith('video/')) return <img src={mediaUrl(media)} alt={alt} loading="lazy" />
  // Films come as they will be published; words over them, where there are any, are in the picture itself.
  // oxlint-disable-next-line jsx-a11y/media-has-caption
  return <video src={mediaUrl(media)} aria-label={alt === '' ? name : alt} controls preload="metadata" />
}
