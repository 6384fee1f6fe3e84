import { copyText } from './copy-text.ts'
import type { PostReader } from './post-records.ts'
import { tellPost, type PostStory } from './tell-post.ts'

const storiesAtOnce = 200
const storiesKept = 2_000

/** The posts of an export, told from all their records in the sealed log that the requester may see. */
export class PostStories {
  readonly #readPosts: PostReader
  readonly #kept = new Map<string, PostStory>()
  readonly #posts = new Set<string>()

  constructor(readPosts: PostReader) {
    this.#readPosts = readPosts
  }

  /** How many posts the delivered records belong to. */
  get seen(): number {
    return this.#posts.size
  }

  /** Remembers the posts of delivered records. About a hundred bytes a post. */
  note(lines: readonly string[]): void {
    for (const line of lines) {
      // The header stands before the body, so the first stream named `post` is the header's.
      const postId = /"post":"([0-9a-f-]{36})"/.exec(line.slice(0, 1_500))?.[1]
      if (postId !== undefined && !this.#posts.has(postId)) this.#posts.add(copyText(postId))
    }
  }

  /** The stories of some posts; those told lately are not read again. */
  async of(postIds: readonly string[]): Promise<Map<string, PostStory>> {
    const wanted = [...new Set(postIds)]
    const missing = wanted.filter((postId) => !this.#kept.has(postId))
    for (let at = 0; at < missing.length; at += storiesAtOnce) await this.#read(missing.slice(at, at + storiesAtOnce))
    const stories = new Map(wanted.map((postId) => [postId, this.#kept.get(postId) ?? tellPost(postId, [])]))
    for (const postId of this.#kept.keys()) {
      if (this.#kept.size <= storiesKept) break
      this.#kept.delete(postId)
    }
    return stories
  }

  /** All posts seen, oldest first (their ids begin with their time). */
  async *all(): AsyncIterable<PostStory> {
    const postIds = [...this.#posts].toSorted()
    for (let at = 0; at < postIds.length; at += storiesAtOnce) {
      const batch = postIds.slice(at, at + storiesAtOnce)
      const stories = await this.of(batch)
      for (const postId of batch) yield stories.get(postId)!
    }
  }

  /** Publications of delivered posts that were never fetched back: what the world saw of them is not in evidence. */
  async coverageGaps(): Promise<{ sentence: string }[]> {
    if (this.#posts.size === 0) return []
    const gaps: { sentence: string }[] = []
    for await (const story of this.all()) {
      const captured = story.stages.filter((stage) => stage.type === 'publication.captured').length
      if (story.uses.length > captured)
        gaps.push({
          sentence: `Post ${story.postId} was published ${story.uses.length} times and captured ${captured} times.`,
        })
      if (gaps.length >= 1_000) break
    }
    return gaps
  }

  async #read(postIds: readonly string[]): Promise<void> {
    const byPost = await this.#readPosts(postIds)
    for (const postId of postIds) this.#kept.set(postId, tellPost(postId, byPost.get(postId) ?? []))
  }
}
