import { CsvRendering } from './csv-rendering.ts'
import { EmlRendering } from './eml-rendering.ts'
import type { Reading } from './format-time.ts'
import { PageRendering } from './page-rendering.ts'
import type { PostStories } from './post-stories.ts'
import type { ExportRow } from './queries.ts'
import type { Rendering } from './write-package.ts'

export interface WantedRenderings {
  readonly formats: readonly string[]
  readonly stories: PostStories
  readonly reading: Reading
  readonly about: Pick<ExportRow, 'exportId' | 'reason' | 'recipient' | 'requestedByName' | 'requestedAt'>
  /** The log's name, which messages carry. */
  readonly origin: string
  /** Where rows are spooled: the beginning of a file's name. */
  readonly prefix: string
}

/** Opens the readable files that were asked for, in the order in which a package holds them. */
export async function openRenderings(wanted: WantedRenderings): Promise<Rendering[]> {
  const { formats, stories, reading } = wanted
  return [
    ...(formats.includes('csv') ? [await CsvRendering.open(wanted.prefix, stories, reading)] : []),
    ...(formats.includes('html') ? [new PageRendering(stories, reading, wanted.about)] : []),
    ...(formats.includes('eml') ? [new EmlRendering(stories, wanted.origin)] : []),
  ]
}

/** Does any of the formats need names and stories? `jsonl` is in every package and needs none. */
export function wantsRenderings(formats: readonly string[]): boolean {
  return ['csv', 'html', 'eml'].some((format) => formats.includes(format))
}
