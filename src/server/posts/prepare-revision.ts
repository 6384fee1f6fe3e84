import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { RenderInput } from '#server/platform/network.ts'
import { newId } from '#server/platform/new-id.ts'
import {
  judgeContent,
  type Author,
  type Content,
  type EvaluationContext,
  type Judgement,
} from '#server/policies/judge-content.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createRevision } from '#shared/api/posts.ts'
import { scheduleHorizonDays } from '#shared/schedule-horizon.ts'
import { contentHash, sha256, type Target } from './post-content.ts'
import { findMedia } from './queries.ts'

export type PostWish = BodyOf<typeof createRevision>

/** A revision that is judged, rendered and hashed, and not yet written. */
export interface PreparedRevision extends Judgement {
  readonly revisionId: string
  readonly content: Content
  readonly targets: readonly Target[]
  readonly contentHash: string
  readonly at: string
}

/** Judges and renders content outside any transaction; the release gate judges again before anything leaves. */
export async function prepareRevision(
  deps: Pick<Deps, 'db' | 'clock' | 'networks'>,
  author: Author,
  wish: PostWish,
): Promise<PreparedRevision> {
  const at = deps.clock.now()
  const content = await toContent(deps, wish, author)
  if (content.scheduledAt !== null && content.scheduledAt <= at) {
    throw new AppError(
      'unprocessable',
      'The time of publication has already passed. Choose a later time, or none to publish as soon as it is approved.',
    )
  }
  if (content.scheduledAt !== null && content.scheduledAt > addMilliseconds(at, scheduleHorizonDays * 86_400_000)) {
    throw new AppError(
      'unprocessable',
      'The time of publication lies more than two years ahead. Choose an earlier time: an approval does not keep that long.',
    )
  }
  const judged = await judgeContent(deps.db, author, content, at)
  refuseUnknownProfiles(content, judged.context)
  const revisionId = newId(at)
  const { profiles } = judged.context
  const targets = content.profileIds.map((profileId) =>
    renderTarget(
      deps,
      revisionId,
      content,
      profiles.find((profile) => profile.profileId === profileId)!,
    ),
  )
  return {
    revisionId,
    content,
    targets,
    contentHash: contentHash(content, targets),
    at,
    evaluation: judged.evaluation,
    inputs: judged.inputs,
  }
}

/** Fills in what the author left open. */
export async function toContent(deps: Pick<Deps, 'db'>, wish: PostWish, author: Author): Promise<Content> {
  const mediaIds = wish.mediaIds ?? []
  const media = mediaIds.length === 0 ? [] : await findMedia(deps.db, mediaIds, author.userId)
  const missing = mediaIds.filter((mediaId) => !media.some((item) => item.mediaId === mediaId))
  if (missing.length > 0)
    throw new AppError(
      'unprocessable',
      `Media ${missing.join(', ')} is not there. Upload it with POST /api/media first.`,
    )
  const altTexts = readAltTexts(wish)
  return {
    text: wish.text,
    thread: wish.thread ?? [],
    format: wish.format === 'post' ? null : (wish.format ?? null),
    audience: wish.audience ?? null,
    profileIds: wish.profileIds,
    media: mediaIds.map((mediaId) => {
      const { altText, ...item } = media.find((candidate) => candidate.mediaId === mediaId)!
      const words = altTexts.get(mediaId) ?? altText ?? ''
      return words === '' ? item : { ...item, altText: words }
    }),
    links: wish.links ?? [],
    language: wish.language ?? null,
    scheduledAt:
      wish.scheduledAt === undefined || wish.scheduledAt === null ? null : new Date(wish.scheduledAt).toISOString(),
    communicationClass: wish.communicationClass ?? 'retail',
    isStatic: wish.static ?? true,
    topics: wish.topics ?? [],
    sources: wish.sources ?? [],
  }
}

/** Descriptions by media id, as the author last wrote them; one of a file that is not attached is a mistake. */
function readAltTexts({ altTexts = {}, mediaIds = [] }: PostWish): ReadonlyMap<string, string> {
  for (const mediaId of Object.keys(altTexts)) {
    if (!mediaIds.includes(mediaId))
      throw new AppError('unprocessable', `altTexts describes ${mediaId}, which is not among mediaIds.`)
  }
  return new Map(Object.entries(altTexts).map(([mediaId, altText]) => [mediaId, altText.trim()]))
}

/** A revision goes in only when there is something to say, somewhere to say it, and each network can take it. */
export function refuseUnsendable(prepared: Pick<PreparedRevision, 'content' | 'targets'>): void {
  if ([prepared.content.text, ...prepared.content.thread].some((text) => text.trim() === ''))
    throw new AppError('unprocessable', 'The post is empty. Write something first.')
  if (prepared.targets.length === 0)
    throw new AppError('unprocessable', 'Choose at least one profile. GET /api/profiles lists yours.')
  const problems = prepared.targets
    .filter((target) => target.payload === null)
    .map((target) => ({ field: `body.profileIds.${target.profileId}`, message: target.refusal ?? '' }))
  if (problems.length > 0)
    throw new AppError(
      'unprocessable',
      `${problems[0]?.message} Your text is kept; shorten it or leave out that profile.`,
      { problems },
    )
}

function refuseUnknownProfiles(content: Content, context: EvaluationContext): void {
  const problems = content.profileIds
    .filter((profileId) => !context.profiles.some((profile) => profile.profileId === profileId))
    .map((profileId) => ({ field: 'body.profileIds', message: `No profile ${profileId}.` }))
  if (problems.length > 0)
    throw new AppError('unprocessable', `${problems[0]?.message} GET /api/profiles lists yours.`, { problems })
}

type ProfileContext = EvaluationContext['profiles'][number]

function renderTarget(
  deps: Pick<Deps, 'networks'>,
  revisionId: string,
  content: Content,
  profile: ProfileContext,
): Target {
  const { profileId, network: name } = profile
  const refused = (refusal: string): Target => ({
    profileId,
    network: name,
    payload: null,
    payloadSha256: null,
    refusal,
  })
  const network = deps.networks.get(name)
  if (network === undefined) return refused(`This gateway runs without the network “${name}”.`)
  if (content.thread.length > 0 && network.takesThreads !== true)
    return refused(`The gateway publishes no threads on ${name} yet. Hand the items in one by one.`)
  if (content.format !== null && network.takesFormats !== true)
    return refused(`The gateway publishes only ordinary posts on ${name}, no “${content.format}”.`)
  try {
    const payload = network.render(toRender(`${revisionId}:${profileId}`, content), {
      profileId,
      handle: profile.handle,
      remoteAccountId: profile.remoteAccountId ?? undefined,
      settings: profile.settings,
    })
    return { profileId, network: name, payload, payloadSha256: sha256(payload), refusal: null }
  } catch (error) {
    if (error instanceof AppError && error.code === 'unprocessable') return refused(error.message)
    throw error
  }
}

function toRender(publicationKey: string, content: Content): RenderInput {
  return {
    publicationKey,
    text: content.text,
    ...(content.thread.length === 0 ? {} : { thread: content.thread }),
    ...(content.format === null ? {} : { format: content.format }),
    language: content.language ?? undefined,
    links: content.links,
    media: content.media,
  }
}
