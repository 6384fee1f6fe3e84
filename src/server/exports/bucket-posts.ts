import type { BucketLog } from '#server/archive/bucket-log.ts'
import { EntriesUnreadable, readEntryTexts, type BucketRecord } from '#server/archive/bucket-records.ts'
import type { RetentionHistory } from '#server/archive/retention-terms.ts'
import { copyText } from './copy-text.ts'
import { readRecords, sealsAtOnce, whyWithheld } from './bucket-source.ts'
import { toPostRecord, type PostReader } from './post-records.ts'
import type { PostRecord } from './tell-post.ts'

export interface BucketPosts {
  readonly read: PostReader
  /** Entries that could not be read, and may be of any post. */
  readonly unreadable: readonly string[]
}

/**
 * Reads posts from the object store: which entries are whose is found once, by one pass over the headers. Memory: a
 * number an entry and a line a post.
 */
export async function openBucketPosts(
  log: BucketLog,
  history: RetentionHistory,
  units: readonly string[] | null,
): Promise<BucketPosts> {
  const posts = await indexPosts(log, units)
  const read: PostReader = async (postIds) => {
    const indexes = postIds.flatMap((postId) => posts.indexesOf(postId)).toSorted((one, other) => one - other)
    const records = await readRecords(log, indexes)
    const byPost = Map.groupBy(records, (record) => record.header.streams['post'] ?? '')
    return new Map([...byPost].map(([postId, of]) => [postId, of.map((record) => tell(record, history))]))
  }
  return { read, unreadable: posts.unreadable }
}

function tell(record: BucketRecord, history: RetentionHistory): PostRecord {
  const { index, header, headerText, body } = record
  const isDisposed = history.findCertificate(header, body?.month) !== undefined
  const isThere = body !== undefined && !isDisposed && whyWithheld(record, history) === undefined
  const told = toPostRecord(index, headerText, isThere ? body.text : null)
  if (isDisposed || isThere) return told
  return { ...told, content: { sentence: 'The body of this record cannot be read from the object store.' } }
}

/** For each entry the entry of the same post before it, so that a post needs one number and not a list. */
async function indexPosts(log: BucketLog, units: readonly string[] | null) {
  const before = new Float64Array(log.size).fill(-1)
  const last = new Map<string, number>()
  const unreadable: string[] = []
  for await (const { seal, texts } of readSeals(log, unreadable)) {
    texts.forEach((line, at) => {
      const postId = streamOf(line, 'post')
      if (postId === undefined || (units !== null && !units.includes(streamOf(line, 'unit') ?? ''))) return
      before[seal.firstIndex + at] = last.get(postId) ?? -1
      last.set(last.has(postId) ? postId : copyText(postId), seal.firstIndex + at)
    })
  }
  return {
    unreadable,
    indexesOf(postId: string): number[] {
      const indexes: number[] = []
      for (let at = last.get(postId) ?? -1; at >= 0; at = before[at]!) indexes.push(at)
      return indexes
    },
  }
}

/** The entries of each seal; what cannot be read is noted: a post is then told without it. */
async function* readSeals(log: BucketLog, unreadable: string[]) {
  for (let at = 0; at < log.seals.length; at += sealsAtOnce)
    yield* await Promise.all(
      log.seals.slice(at, at + sealsAtOnce).map(async (seal) => {
        const texts = await readEntryTexts(log.source, seal).catch((error: unknown) => {
          if (!(error instanceof EntriesUnreadable)) throw error
          unreadable.push(`The readable files tell posts without what they could not read. ${error.message}`)
          return []
        })
        return { seal, texts }
      }),
    )
}

function streamOf(entry: string, kind: 'post' | 'unit'): string | undefined {
  return new RegExp(`"${kind}":"([0-9a-f-]{36})"`).exec(entry)?.[1]
}
