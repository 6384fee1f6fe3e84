import type { BucketLog } from '#server/archive/bucket-log.ts'
import type { BucketRecord } from '#server/archive/bucket-records.ts'
import type { RetentionHistory } from '#server/archive/retention-terms.ts'
import { readEntries, readRecords } from './bucket-source.ts'
import { toPostRecord, type PostReader } from './post-records.ts'
import type { PostRecord } from './tell-post.ts'

/**
 * Reads posts from the object store: which entries are whose is found once, by one pass over the headers. Memory: a
 * number an entry and a line a post.
 */
export async function openBucketPosts(
  log: BucketLog,
  history: RetentionHistory,
  units: readonly string[] | null,
): Promise<PostReader> {
  const posts = await indexPosts(log, units)
  return async (postIds) => {
    const indexes = postIds.flatMap((postId) => posts.indexesOf(postId)).toSorted((one, other) => one - other)
    const records = await readRecords(log, indexes)
    const byPost = Map.groupBy(records, (record) => record.header.streams['post'] ?? '')
    return new Map([...byPost].map(([postId, of]) => [postId, of.map((record) => tell(record, history))]))
  }
}

function tell(record: BucketRecord, history: RetentionHistory): PostRecord {
  const { index, header, headerText, body } = record
  const isDisposed = history.findCertificate(header, body?.month) !== undefined
  const told = toPostRecord(index, headerText, isDisposed || body === undefined ? null : body.text)
  if (isDisposed || body !== undefined) return told
  return { ...told, content: { sentence: 'The body of this record cannot be read from the object store.' } }
}

/** For each entry the entry of the same post before it, so that a post needs one number and not a list. */
async function indexPosts(log: BucketLog, units: readonly string[] | null) {
  const before = new Float64Array(log.size).fill(-1)
  const last = new Map<string, number>()
  for await (const { first, text } of readEntries(log, 0, log.size)) {
    text.split('\n').forEach((line, at) => {
      const postId = streamOf(line, 'post')
      if (postId === undefined || (units !== null && !units.includes(streamOf(line, 'unit') ?? ''))) return
      before[first + at] = last.get(postId) ?? -1
      last.set(postId, first + at)
    })
  }
  return {
    indexesOf(postId: string): number[] {
      const indexes: number[] = []
      for (let at = last.get(postId) ?? -1; at >= 0; at = before[at]!) indexes.push(at)
      return indexes
    },
  }
}

function streamOf(entry: string, kind: 'post' | 'unit'): string | undefined {
  return new RegExp(`"${kind}":"([0-9a-f-]{36})"`).exec(entry)?.[1]
}
