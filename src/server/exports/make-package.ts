import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { indexRecords } from '#server/archive/index-records.ts'
import type { Deps } from '#server/platform/deps.ts'
import { typesOf } from './create-export.ts'
import { CsvRendering } from './csv-rendering.ts'
import { EmlRendering } from './eml-rendering.ts'
import { ExportError } from './export-error.ts'
import { openLogSource, readRange, readRetention, readSealedLog } from './log-source.ts'
import type { HeaderFilter } from './manifest.ts'
import { readNames } from './names.ts'
import { PageRendering } from './page-rendering.ts'
import { PostStories } from './post-stories.ts'
import type { ExportRow } from './queries.ts'
import { softwareVersion } from './software-version.ts'
import { writePackage, type Progress, type Rendering, type WrittenPackage } from './write-package.ts'

export type MadePackage = WrittenPackage

export type PackageDeps = Pick<Deps, 'db' | 'checkpointSigner'> & {
  readonly config: Pick<Deps['config'], 'dataDirectory'>
}

/** What a package says of the export that it answers. */
export type PackageRequest = Omit<
  ExportRow,
  | 'requesterUnitId'
  | 'requestRecordId'
  | 'status'
  | 'attempt'
  | 'phase'
  | 'done'
  | 'total'
  | 'finishedAt'
  | 'size'
  | 'sha256'
  | 'recordCount'
  | 'failure'
>

/** Writes the package of one export into an empty file: what was asked for, up to the newest sealed checkpoint. */
export async function makePackage(
  deps: PackageDeps,
  row: PackageRequest,
  file: FileHandle,
  progress: Progress,
): Promise<MadePackage> {
  const sealed = await readSealedLog(deps.db)
  if (sealed === undefined)
    throw new ExportError('Nothing is sealed yet. Ask again when the object store can be reached.')
  // Words and post stories are read from the searchable copy, which follows the log.
  await indexRecords(deps.db)
  const filter = filterOf(row)
  // With entries withheld, the dense numbers of each unit show gaps, and they are counted from the log's beginning.
  const range = row.wholeLog
    ? await readRange(deps.db, sealed.size, filter.from, filter.to)
    : { first: 0, end: sealed.size, size: sealed.size }
  const startedAt = row.startedAt ?? row.requestedAt
  const words = row.query['q']?.trim() ?? ''
  const stories = new PostStories(deps.db, sealed.size, row.units)
  const renderings = await openRenderings(deps, row, stories, sealed.checkpointAt ?? row.requestedAt)
  try {
    return await writePackage({
      file,
      checkpointNote: sealed.note,
      source: openLogSource(deps.db, sealed.size, words === '' ? null : words),
      renderings,
      signer: deps.checkpointSigner,
      progress,
      afterwards: async () => ({
        posts: renderings.length === 0 ? null : stories.seen,
        coverageGaps: await stories.coverageGaps(),
      }),
      plan: {
        exportId: row.exportId,
        software: { name: 'containment-gateway', version: softwareVersion },
        requestedBy: { userId: row.requestedBy, displayName: row.requestedByName },
        requestedAt: row.requestedAt,
        startedAt,
        reason: row.reason,
        recipient: row.recipient,
        timeZone: row.timeZone,
        query: row.query,
        filter,
        retention: await readRetention(deps.db),
        selection: words === '' ? null : { words },
        log: {
          origin: deps.checkpointSigner.name,
          verifierKey: deps.checkpointSigner.verifierKey,
          ...range,
          withheld: !row.wholeLog,
          rootHash: sealed.rootHash,
          checkpointAt: sealed.checkpointAt,
        },
      },
    })
  } finally {
    for (const rendering of renderings) await rendering.close()
  }
}

/** The query as a predicate on headers. */
function filterOf(row: PackageRequest): HeaderFilter {
  const { from, to, author, profile, post, network, type, verdict } = row.query
  return {
    from: from ?? null,
    to: to ?? null,
    author: author ?? null,
    profile: profile ?? null,
    post: post ?? null,
    network: network ?? null,
    types: typesOf(type),
    verdict: verdict ?? null,
    units: row.units,
  }
}

async function openRenderings(
  deps: PackageDeps,
  row: PackageRequest,
  stories: PostStories,
  until: string,
): Promise<Rendering[]> {
  const wanted = new Set(row.formats)
  if (!['csv', 'html', 'eml'].some((format) => wanted.has(format))) return []
  const reading = { language: row.language, timeZone: row.timeZone, until, names: await readNames(deps.db) }
  const prefix = join(deps.config.dataDirectory, 'exports', row.exportId)
  return [
    ...(wanted.has('csv') ? [await CsvRendering.open(prefix, stories, reading)] : []),
    ...(wanted.has('html') ? [new PageRendering(stories, reading, row)] : []),
    ...(wanted.has('eml') ? [new EmlRendering(stories, deps.checkpointSigner.name)] : []),
  ]
}
