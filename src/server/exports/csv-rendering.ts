import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { stringify } from 'csv-stringify/sync'
import { formatTime, type Reading } from './format-time.ts'
import { parseLine, type ParsedLine } from './parse-line.ts'
import type { PostStories } from './post-stories.ts'
import { approvalsOf, mainRevision, useDates, type PostStory } from './tell-post.ts'
import type { Rendering } from './write-package.ts'

const recordColumns = [
  'log_index',
  'recorded_at',
  'local_time',
  'type',
  'actor',
  'unit',
  'profile',
  'network',
  'verdict',
  'excerpt',
  'record_id',
  'post_id',
  'body_hash',
] as const
/** FINRA Rule 2210(b)(4), in every row of a post (FIN-3). */
const postColumns = [
  'post_text', 'first_use', 'last_use', 'in_use_at_export', 'principal', 'approved_at', 'prepared_by', 'prepared_at', 'sources',
  'communication_class', 'static', 'post_verdict', 'policy_version', 'permalinks', 'finra_letter_exception',
] as const // prettier-ignore

/** `records.csv`: one row a record, with the regulatory fields of its post; for spreadsheets, so no cell is a formula. */
export class CsvRendering implements Rendering {
  readonly #path: string
  readonly #file: FileHandle
  readonly #stories: PostStories
  readonly #reading: Reading

  private constructor(path: string, file: FileHandle, stories: PostStories, reading: Reading) {
    this.#path = path
    this.#file = file
    this.#stories = stories
    this.#reading = reading
  }

  /** Rows are spooled beside the package, because a zip is written one file at a time. */
  static async open(prefix: string, stories: PostStories, reading: Reading): Promise<CsvRendering> {
    const path = `${prefix}.${randomUUID()}.csv.partial`
    const rendering = new CsvRendering(path, await open(path, 'wx', 0o600), stories, reading)
    try {
      // A byte order mark, or common spreadsheets read UTF-8 as something else.
      await rendering.#file.appendFile(`\u{feff}${toCsv([[...recordColumns, ...postColumns]])}`)
      return rendering
    } catch (error) {
      await rendering.close()
      throw error
    }
  }

  async take(lines: readonly string[]): Promise<void> {
    this.#stories.note(lines)
    const parsed = lines.map(parseLine)
    const stories = await this.#stories.of(
      parsed.map((line) => line.header.streams['post'] ?? '').filter((postId) => postId !== ''),
    )
    const rows = parsed.map((line) => [
      ...this.#recordCells(line),
      ...this.#postCells(stories.get(line.header.streams['post'] ?? '')),
    ])
    await this.#file.appendFile(toCsv(rows))
  }

  async *files(): ReturnType<Rendering['files']> {
    yield { name: 'records.csv', content: createReadStream(this.#path) }
  }

  async close(): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }

  #recordCells({ n, header, body }: ParsedLine): string[] {
    const { names, timeZone } = this.#reading
    return [
      String(n),
      header.recordedAt,
      formatTime(header.recordedAt, timeZone),
      header.type,
      body?.actor.displayName ?? header.actor,
      names.unit(header.streams['unit']),
      names.profile(header.streams['profile']),
      header.streams['network'] ?? '',
      header.verdict ?? '',
      body === undefined ? 'disposed' : (body.searchText ?? ''),
      header.id,
      header.streams['post'] ?? '',
      header.bodyHash,
    ]
  }

  #postCells(story: PostStory | undefined): string[] {
    if (story === undefined) return postColumns.map(() => '')
    const { timeZone, until } = this.#reading
    const revision = mainRevision(story)
    const approvals = approvalsOf(story, revision)
    const { firstUse, lastUse, stillUp } = useDates(story)
    return [
      revision?.text ?? '',
      formatTime(firstUse, timeZone),
      formatTime(lastUse, timeZone),
      stillUp ? `yes, as of ${formatTime(until, timeZone)}` : 'no',
      approvals.map((approval) => approval.by).join(' | '),
      approvals.map((approval) => formatTime(approval.at, timeZone)).join(' | '),
      revision?.preparedBy ?? '',
      formatTime(revision?.preparedAt ?? null, timeZone),
      revision?.sources.join(' | ') ?? '',
      revision?.communicationClass ?? '',
      revision === undefined ? '' : String(revision.isStatic),
      revision?.verdict ?? '',
      revision?.policyVersion ?? '',
      story.uses.map((use) => use.permalink).join(' | '),
      'not used',
    ]
  }
}

// Where a spreadsheet separates by semicolons, as in French, or by tabs, quotation marks inside a row are letters to it:
// what stands behind such a separator or a line break is a cell of its own.
const innerFormula = /([;\t\r\n][\s"]*)(?=[=+\-@＝＋－＠])/g

/** Rows as CSV (RFC 4180). What a spreadsheet would run as a formula, in any country's, gets an apostrophe in front. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => row.map((cell) => cell.replaceAll(innerFormula, "$1'"))),
    { record_delimiter: 'windows', escape_formulas: true, quoted_match: /[\r\n]/ },
  )
}
