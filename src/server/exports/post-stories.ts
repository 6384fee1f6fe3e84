import { sql } from 'kysely'
import { parseHeader } from '#server/archive/entry.ts'
import { parseBody } from '#server/archive/record-body.ts'
import type { Db } from '#server/platform/database.ts'
import { tellPost, type PostRecord, type PostStory } from './tell-post.ts'

const storiesAtOnce = 200
const storiesKept = 2_000

/** The posts of an export, told from all their records in the sealed log that the requester may see. */
export class PostStories {
  readonly #db: Db
  readonly #size: number
  readonly #units: readonly string[] | null
  readonly #kept = new Map<string, PostStory>()
  readonly #posts = new Set<string>()

  constructor(db: Db, size: number, units: readonly string[] | null) {
    this.#db = db
    this.#size = size
    this.#units = units
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
      if (postId !== undefined) this.#posts.add(postId)
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
    const inScope = this.#units === null ? sql`true` : sql`s.unit_id = any(${[...this.#units]}::uuid[])`
    const { rows } = await sql<{ postId: string; n: number; header: string; body: string | null }>`
      select s.post_id as "postId", l.log_index as n, convert_from(r.header, 'UTF8') as header, convert_from(b.body, 'UTF8') as body
        from archive.search s
          join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
          join archive.leaf l on l.record_id = s.record_id and l.log_index < ${this.#size}
          left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        where s.post_id = any(${[...postIds]}::uuid[]) and ${inScope}
        order by l.log_index`.execute(this.#db)
    const byPost = Map.groupBy(rows, (row) => row.postId)
    for (const postId of postIds) this.#kept.set(postId, tellPost(postId, (byPost.get(postId) ?? []).map(toRecord)))
  }
}

function toRecord(row: { n: number; header: string; body: string | null }): PostRecord {
  const { type, recordedAt, streams } = parseHeader(row.header)
  const body = row.body === null ? null : parseBody(row.body)
  return {
    n: row.n,
    type,
    recordedAt,
    streams,
    actorName: body?.actor.displayName ?? null,
    content: body?.content ?? null,
  }
}
