import { open, rename, rm } from 'node:fs/promises'
import { readBucketLog, type BucketLog } from '#server/archive/bucket-log.ts'
import { EntriesUnreadable } from '#server/archive/bucket-records.ts'
import type { Problem } from '#server/archive/problem.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Clock } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { parseVerifierKey } from '#shared/tlog/note.ts'
import { proveBucketAnchors } from './bucket-anchors.ts'
import { openBucketPosts } from './bucket-posts.ts'
import { openBucketSource, readBucketRange, type BucketSource } from './bucket-source.ts'
import type { HeaderFilter, Manifest } from './manifest.ts'
import { MediaFiles, missingMedia, trueMedia } from './media-files.ts'
import { openRenderings, wantsRenderings } from './open-renderings.ts'
import { PostStories } from './post-stories.ts'
import { softwareVersion } from './software-version.ts'
import { verifyPackage } from './verify-package.ts'
import { writePackage, type PackagePlan, type PackageSigner, type Progress, type Rendering } from './write-package.ts'

/** What is asked of the object store alone. */
export interface BucketWish {
  /** Who says that they ask: nobody can be looked up. */
  readonly requestedBy: string
  readonly reason: string
  readonly recipient: string | null
  readonly timeZone: string
  readonly language: 'en' | 'fr'
  readonly formats: readonly string[]
  readonly query: Readonly<Record<string, string>>
  readonly filter: HeaderFilter
  /** Makes what can be made where objects are damaged; each loss is said in the package. */
  readonly despiteDamage: boolean
}

export interface BucketExportDeps {
  readonly objectStore: Pick<ObjectStore, 'get' | 'list' | 'head'>
  /** Without the private key the manifest is not signed, and says so. */
  readonly checkpointSigner: PackageSigner
  readonly clock: Clock
}

export interface BucketExport {
  readonly manifest: Manifest
  readonly size: number
  readonly sha256: string
  /** What is not as it should be: with the bucket, and therefore with the package. */
  readonly findings: readonly string[]
}

/** Thrown where the bucket is too damaged for what was asked; the findings say where. */
export class BucketDamaged extends Error {
  override readonly name = 'BucketDamaged'
  readonly findings: readonly string[]

  constructor(message: string, findings: readonly string[]) {
    super(message)
    this.findings = findings
  }
}

/** What stands in each such package: the database that could have recorded it was not asked. */
export const unrecorded =
  'This export was made from the object store alone, without the database. It is not itself recorded: enter it (gateway export enter) when the database is back.'

/**
 * Makes an export from the bucket and the log's key alone (SEC-6), writes it under `partial`, verifies it there as a
 * stranger would, and only then gives it its name. Throws `BucketDamaged`, or `ObjectStoreError` when the bucket is away.
 */
export async function exportFromBucket(
  deps: BucketExportDeps,
  wish: BucketWish,
  path: string,
  partial: string,
): Promise<BucketExport> {
  const { checkpointSigner: signer } = deps
  const log = await readBucketLog(deps.objectStore as ObjectStore, parseVerifierKey(signer.verifierKey))
  refuseUnsigned(log, signer)
  try {
    const made = await writePartial(deps, wish, log, partial)
    const { problems } = await verifyPackage(partial, signer.verifierKey, { unsigned: signer.sign === undefined })
    const findings = [...made.lost, ...sentencesOf(log.problems), ...problems.map(({ sentence }) => sentence)]
    if (problems.length > 0 && !wish.despiteDamage)
      throw new BucketDamaged('The export would not verify, because the object store is damaged.', findings)
    await rename(partial, path)
    return { ...made, findings }
  } catch (error) {
    if (!(error instanceof EntriesUnreadable)) throw error
    throw new BucketDamaged(error.message, sentencesOf(log.problems))
  } finally {
    await rm(partial, { force: true })
  }
}

function refuseUnsigned(log: BucketLog, signer: PackageSigner): void {
  if (log.listedSize === 0)
    throw new AppError('not_found', 'This object store holds no checkpoint of an archive: it is empty, or another one.')
  if (log.size === 0)
    throw new BucketDamaged(
      `No checkpoint in this object store is signed with the key ${signer.verifierKey}: it is another log's, or its checkpoints are forged.`,
      sentencesOf(log.problems),
    )
}

/** What lies behind the newest checkpoint that holds, where the bucket lists a newer one. */
function unproven({ size, listedSize }: BucketLog): string[] {
  return size === listedSize ? [] : [`Only the first ${size} of ${listedSize} entries can be proven.`]
}

function refuseDamagedRange(log: BucketLog, { log: { first, end } }: PackagePlan, { despiteDamage }: BucketWish): void {
  const [cut] = end === log.size && !despiteDamage ? unproven(log) : []
  if (cut !== undefined)
    throw new BucketDamaged(
      `${cut} Ask for what lies well before with --to, or for what can be had with --despite-damage.`,
      sentencesOf(log.problems),
    )
  const hit = log.damaged.find(({ firstIndex, treeSize }) => firstIndex < end && treeSize > first)
  if (hit === undefined || despiteDamage) return
  const stretch = `${hit.firstIndex} to ${hit.treeSize - 1}`
  throw new BucketDamaged(
    `The entries ${stretch} are damaged and lie in what was asked for. Go round them with --from and --to.`,
    sentencesOf(log.problems),
  )
}

async function writePartial(deps: BucketExportDeps, wish: BucketWish, log: BucketLog, partial: string) {
  const source = await openBucketSource(log, deps.clock.now())
  const media = new MediaFiles(trueMedia(deps.objectStore))
  const plan = await planOf(deps, wish, log, source)
  refuseDamagedRange(log, plan, wish)
  const anchors = await proveBucketAnchors(deps.objectStore, log, plan.log.verifierKey, source)
  const posts = wantsRenderings(wish.formats)
    ? await openBucketPosts(log, source.history, wish.filter.units)
    : { read: () => Promise.resolve(new Map()), unreadable: [] }
  const stories = new PostStories(posts.read)
  const besides = [...anchors.unsound, ...posts.unreadable]
  const file = await open(partial, 'wx', 0o600)
  let renderings: readonly Rendering[] = []
  try {
    renderings = await openRenderings({ ...readingOf(wish, plan), stories, prefix: partial })
    const made = await writePackage({
      file,
      plan,
      checkpointNote: log.note,
      proofs: anchors.files,
      source,
      renderings,
      media,
      signer: deps.checkpointSigner,
      progress: stopAtLoss(source, log, wish),
      afterwards: async () => ({
        endedAt: deps.clock.now(),
        posts: renderings.length === 0 ? null : stories.seen,
        coverageGaps: [
          ...gapsOf(wish, log, source, besides),
          ...(await stories.coverageGaps()),
          ...missingMedia(media),
        ],
      }),
    })
    await file.sync()
    return { ...made, lost: [...source.lost.map(({ sentence }) => sentence), ...besides] }
  } finally {
    await file.close()
    for (const rendering of renderings) await rendering.close()
  }
}

/** A damaged body is looked for to the end, so that all are named at once; only then is the package given up. */
function stopAtLoss(source: BucketSource, log: BucketLog, { despiteDamage }: BucketWish): Progress {
  return async (phase, done, total) => {
    if (despiteDamage || phase !== 'records' || done < total || source.lost.length === 0) return
    throw new BucketDamaged(
      `${source.lost.length} of the records that were asked for cannot be delivered. Ask for what can be had with --despite-damage.`,
      [...source.lost.map(({ sentence }) => sentence), ...sentencesOf(log.problems)],
    )
  }
}

function readingOf({ formats, language, timeZone }: BucketWish, plan: PackagePlan) {
  return {
    formats,
    reading: { language, timeZone, until: plan.log.checkpointAt ?? plan.startedAt, names: idsAlone },
    about: { ...plan, requestedByName: plan.requestedBy.displayName },
    origin: plan.log.origin,
  }
}

const idsAlone = { unit: (id: string | undefined) => id ?? '', profile: (id: string | undefined) => id ?? '' }

async function planOf(
  { checkpointSigner, clock }: BucketExportDeps,
  wish: BucketWish,
  log: BucketLog,
  source: BucketSource,
): Promise<PackagePlan> {
  const now = clock.now()
  const { filter } = wish
  return {
    exportId: newId(now),
    software: { name: 'containment-gateway', version: softwareVersion },
    requestedBy: { userId: 'unknown', displayName: wish.requestedBy },
    requestedAt: now,
    startedAt: now,
    reason: wish.reason,
    recipient: wish.recipient,
    timeZone: wish.timeZone,
    query: { ...wish.query },
    filter,
    madeFrom: 'bucket',
    retention: { ...source.history.terms },
    earlierTerms: [...source.history.earlierTerms],
    selection: null,
    log: {
      origin: checkpointSigner.name,
      verifierKey: checkpointSigner.verifierKey,
      ...(await readBucketRange(log, filter.from, filter.to)),
      withheld: false,
      rootHash: toHex(log.checkpoint!.root),
      checkpointAt: log.checkpoint!.at ?? null,
    },
  }
}

/** What the reader of the package must know of how it was made. */
function gapsOf(
  wish: BucketWish,
  log: BucketLog,
  source: BucketSource,
  besides: readonly string[],
): { sentence: string }[] {
  const sentences = [
    unrecorded,
    `“${wish.requestedBy}” is who the person at the command line said they are: without the database nobody signs in and no right is checked.`,
    `The object store holds the records up to the checkpoint of ${log.checkpoint!.at ?? 'an unnamed time'}; what was accepted later and not sealed yet is not in it.`,
    ...(wantsRenderings(wish.formats)
      ? ['Names of units and profiles are known to the database alone: the readable files show their ids.']
      : []),
    ...source.lost.map(({ sentence }) => sentence),
    ...unproven(log),
    ...besides,
    ...sentencesOf(log.problems),
  ]
  return sentences.map((sentence) => ({ sentence }))
}

const mostFindings = 200

function sentencesOf(problems: readonly Problem[]): string[] {
  const listed = problems.slice(0, mostFindings).map(({ sentence }) => sentence)
  const more = problems.length - listed.length
  return more > 0 ? [...listed, `${more} further problems of the object store are not listed.`] : listed
}
