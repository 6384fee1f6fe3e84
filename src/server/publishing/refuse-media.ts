import { AppError } from '#server/platform/app-error.ts'
import type { RenderInput } from '#server/platform/network.ts'
import { fitMedia, type MediaMisfit } from '#shared/media-limits.ts'

/**
 * Refuses, before anything is approved, what the network would not show: nothing is dropped in silence. `name` is how
 * people call the network. Throws `AppError('unprocessable')`.
 */
export function refuseMedia(network: string, name: string, media: RenderInput['media']): void {
  const misfit = fitMedia(network, media)
  if (misfit !== undefined) throw new AppError('unprocessable', tell(name, misfit, media))
}

function tell(name: string, misfit: MediaMisfit, media: RenderInput['media']): string {
  switch (misfit.why) {
    case 'too_many':
      return `${name} takes ${misfit.limit} images, this post has ${media.length}.`
    case 'film':
      return `${name} takes images here, not ${media[misfit.at]?.mimeType}.`
    case 'film_alone':
      return `${name} takes a film alone, without other images.`
    case 'too_large':
      return `${name} takes images of up to ${Math.floor(misfit.limit / 1_000_000)} MB. Make this one smaller.`
    default:
      return `${name} takes descriptions of up to ${misfit.limit} characters. Shorten the one of image ${misfit.at + 1}.`
  }
}
