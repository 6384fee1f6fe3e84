import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { indexRecords } from '#server/archive/index-records.ts'
import type { Deps } from '#server/platform/deps.ts'
import { typesOf } from './create-export.ts'
import { ExportError } from './export-error.ts'
import { openLogSource, readRange, readRetention, readSealedLog, type SealedLog } from './log-source.ts'
import { packageFiles, type HeaderFilter } from './manifest.ts'
import { MediaFiles, missingMedia, trueMedia } from './media-files.ts'
import { readNames } from './names.ts'
import { openRenderings, wantsRenderings } from './open-renderings.ts'
import { readPostsFrom } from './post-records.ts'
import { PostStories } from './post-stories.ts'
import { proveAnchors, type ProofFile } from './prove-anchors.ts'
import { proveDirectory } from './prove-directory.ts'
import type { ExportRow } from './queries.ts'
import { readEarlierTerms } from './read-earlier-terms.ts'
import { softwareVersion } from './software-version.ts'
import { readStreams } from './stream-source.ts'
import type { ProvenStreams } from './verify-directory.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import {
  writePackage,
  type PackagePlan,
  type PackageSource,
  type Progress,
  type Rendering,
  type WrittenPackage,
} from './write-package.ts'

export interface MadePackage extends WrittenPackage {
  /** The months in which bodies in the package may be destroyed, each as its first day. */
  readonly bodyMonths: readonly string[]
}

export type PackageDeps = Pick<Deps, 'db' | 'clock' | 'checkpointSigner'> & {
  readonly objectStore: Pick<Deps['objectStore'], 'get'>
  readonly config: Pick<Deps['config'], 'dataDirectory'>
}

/** What a package says of the export that it answers. */
export type PackageRequest = Omit<
  ExportRow,
  | 'requesterUnitId'
  | 'keepUntil'
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
  const bodyMonths = new Set<string>()
  const stories = new PostStories(readPostsFrom(deps.db, sealed.size, row.units, bodyMonths))
  const media = new MediaFiles(trueMedia(deps.objectStore))
  const content = await contentOf(deps, row, sealed, bodyMonths)
  const renderings = await renderingsOf(deps, row, stories, sealed.checkpointAt ?? row.requestedAt)
  const afterwards = async () => ({
    endedAt: deps.clock.now(),
    posts: renderings.length === 0 ? null : stories.seen,
    coverageGaps: [...(await stories.coverageGaps()), ...missingMedia(media)],
  })
  try {
    const { checkpointSigner: signer } = deps
    const written = await writePackage({ file, ...content, renderings, media, signer, progress, afterwards })
    return { ...written, bodyMonths: [...bodyMonths].toSorted() }
  } finally {
    for (const rendering of renderings) await rendering.close()
  }
}

/** Plan, records and proofs: what is proven, and nothing that is made of it. */
async function contentOf(deps: PackageDeps, row: PackageRequest, sealed: SealedLog, bodyMonths: Set<string>) {
  const streams = streamsOf(row)
  const source = openLogSource(deps.db, sealed.size, wordsOf(row), bodyMonths)
  const isOfStreams = row.wholeLog && streams !== undefined
  return {
    checkpointNote: sealed.note,
    source: isOfStreams ? { ...source, streams: () => readStreams(deps.db, streams, sealed.size) } : source,
    proofs: await proofsOf(deps, sealed.size, streams, source),
    plan: await planOf(deps, row, sealed, streams),
  }
}

/** What the manifest says before a record is read. */
async function planOf(
  deps: PackageDeps,
  row: PackageRequest,
  sealed: SealedLog,
  streams: ProvenStreams | undefined,
): Promise<PackagePlan> {
  const filter = filterOf(row)
  const words = wordsOf(row)
  // With entries withheld, the dense numbers of each unit show gaps, and they are counted from the log's beginning.
  const range =
    row.wholeLog && streams === undefined
      ? await readRange(deps.db, sealed.size, filter.from, filter.to)
      : { first: 0, end: sealed.size, size: sealed.size }
  return {
    exportId: row.exportId,
    software: { name: 'containment-gateway', version: softwareVersion },
    requestedBy: { userId: row.requestedBy, displayName: row.requestedByName },
    requestedAt: row.requestedAt,
    startedAt: row.startedAt ?? row.requestedAt,
    reason: row.reason,
    recipient: row.recipient,
    timeZone: row.timeZone,
    query: row.query,
    filter,
    retention: await readRetention(deps.db),
    earlierTerms: await readEarlierTerms(deps.db),
    selection: words === null ? null : { words },
    log: {
      origin: deps.checkpointSigner.name,
      verifierKey: deps.checkpointSigner.verifierKey,
      ...range,
      withheld: !row.wholeLog || streams !== undefined,
      ...(streams === undefined ? {} : { streams: { kind: streams.kind, ids: [...streams.ids] } }),
      rootHash: sealed.rootHash,
      checkpointAt: sealed.checkpointAt,
    },
  }
}

/** That nothing of the streams is withheld, where they alone are shown, and what outside parties said of the log. */
async function proofsOf(
  deps: PackageDeps,
  size: number,
  streams: ProvenStreams | undefined,
  { readNode }: Pick<PackageSource, 'readNode'>,
): Promise<ProofFile[]> {
  const anchors = await proveAnchors(deps.db, size, readNode)
  if (streams === undefined) return [...anchors]
  const directory = await proveDirectory(deps.db, size, streams, readNode)
  if (directory === undefined) return [...anchors]
  return [{ name: packageFiles.directory, content: utf8(`${JSON.stringify(directory)}\n`) }, ...anchors]
}

/** The words that choose among the matching records; null where there are none. */
function wordsOf(row: PackageRequest): string | null {
  const words = row.query['q']?.trim() ?? ''
  return words === '' ? null : words
}

/** Whose entries alone are shown: the units of an auditor who may not see all, or the stream that was asked for. */
function streamsOf(row: PackageRequest): ProvenStreams | undefined {
  const { proof, author, profile } = row.query
  if (!row.wholeLog) return { kind: 'unit', ids: row.units ?? [] }
  if (proof !== 'stream') return undefined
  if (author !== undefined) return { kind: 'author', ids: [author] }
  if (profile !== undefined) return { kind: 'profile', ids: [profile] }
  return { kind: 'unit', ids: row.units ?? [] }
}

/** The query as a predicate on headers. */
function filterOf(row: PackageRequest): HeaderFilter {
  const { from, to, author, actor, profile, post, network, type, verdict } = row.query
  return {
    from: from ?? null,
    to: to ?? null,
    author: author ?? null,
    actor: actor ?? null,
    profile: profile ?? null,
    post: post ?? null,
    network: network ?? null,
    types: typesOf(type),
    verdict: verdict ?? null,
    units: row.units,
  }
}

async function renderingsOf(
  deps: PackageDeps,
  row: PackageRequest,
  stories: PostStories,
  until: string,
): Promise<Rendering[]> {
  if (!wantsRenderings(row.formats)) return []
  return openRenderings({
    formats: row.formats,
    stories,
    reading: { language: row.language, timeZone: row.timeZone, until, names: await readNames(deps.db) },
    about: row,
    origin: deps.checkpointSigner.name,
    prefix: join(deps.config.dataDirectory, 'exports', row.exportId),
  })
}
