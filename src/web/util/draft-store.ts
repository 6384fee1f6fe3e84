import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createRevision, Media } from '#shared/api/posts.ts'

type Wish = BodyOf<typeof createRevision>

/** A post as it is being written: like what the API takes, with what is shown of its files. */
export type Draft = Omit<Wish, 'mediaIds' | 'altTexts'> & { media?: readonly Media[] }

/** The draft as the API takes it. */
export function toWish({ media = [], ...draft }: Draft): Wish {
  if (media.length === 0) return draft
  return {
    ...draft,
    mediaIds: media.map(({ mediaId }) => mediaId),
    altTexts: Object.fromEntries(media.map(({ mediaId, altText }) => [mediaId, altText ?? ''])),
  }
}

const key = (postId: string | undefined) => `gateway.draft.${postId ?? 'new'}`

/** What was being written in this browser and is not saved at the gateway: it outlives a lost session and a closed tab. */
export function readDraft(postId: string | undefined): Draft | undefined {
  try {
    const stored = localStorage.getItem(key(postId))
    return stored === null ? undefined : (JSON.parse(stored) as Draft)
  } catch {
    return undefined
  }
}

export function keepDraft(postId: string | undefined, draft: Draft): void {
  localStorage.setItem(key(postId), JSON.stringify(draft))
}

export function dropDraft(postId: string | undefined): void {
  localStorage.removeItem(key(postId))
}
