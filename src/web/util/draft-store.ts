import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createRevision } from '#shared/api/posts.ts'

export type Draft = BodyOf<typeof createRevision>

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
