import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import { problem, type Problem } from './problem.ts'
import { directoryLines, directoryRoot, type DirectoryContent } from './stream-directory.ts'

/** A directory as its record in the log says it; the body was, or will be, held to its hash. */
export interface KnownDirectory extends DirectoryContent {
  readonly logIndex: number
}

/** Every directory of the sealed log by the size that it speaks of. */
export async function readDirectories(db: Db): Promise<Map<number, KnownDirectory>> {
  const { rows } = await sql<KnownDirectory>`
    select l.log_index as "logIndex", (content ->> 'treeSize')::bigint as "treeSize", content ->> 'rootHash' as "rootHash",
        (content ->> 'streams')::integer as streams
      from archive.findable s
        join archive.leaf l on l.record_id = s.record_id
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
      where s.type = 'archive.directory_committed'`.execute(db)
  return new Map(rows.map((row) => [row.treeSize, row]))
}

/** Compares a directory with the streams as they were counted through the log up to its size (`<kind> <id>` → next number). */
export async function compareDirectory(
  directory: KnownDirectory | undefined,
  counted: ReadonlyMap<string, number> | undefined,
): Promise<Problem[]> {
  if (directory === undefined || counted === undefined) return []
  const heads = [...counted].map(([key, next]) => {
    const at = key.indexOf(' ')
    return { kind: key.slice(0, at), id: key.slice(at + 1), next }
  })
  const lines = directoryLines(heads)
  if (lines.length === directory.streams && (await directoryRoot(lines)) === directory.rootHash) return []
  return [
    problem(
      'directory_differs',
      `The directory at entry ${directory.logIndex} says other lengths of the streams than the log has at ${directory.treeSize} entries: an export of one stream made with it may be incomplete.`,
      directory.logIndex,
    ),
  ]
}
