import { createPost, createRevision, getPost, retractPost, withdrawPost, type Post } from '#shared/api/posts.ts'
import { claimReview, decideReview, type Outcome } from '#shared/api/reviews.ts'
import type { DemoPersonSession } from './demo-client.ts'
import type { PlannedPost } from './demo-plan.ts'
import { drawPicture } from './draw-picture.ts'

/** Everybody who is signed in, by login, and the profiles by handle. */
export interface DemoFirm {
  readonly people: ReadonlyMap<string, DemoPersonSession>
  readonly profileIds: ReadonlyMap<string, string>
}

const reasons: Record<'en' | 'fr', Record<Exclude<Outcome, 'approved'>, readonly string[]>> = {
  en: {
    rejected: [
      'This promises what nobody can promise. Start again from the approved wording.',
      'We do not speak about clients like this, with or without their name.',
    ],
    changes_requested: [
      'Say where the figure comes from, and add the date.',
      'Too close to advice: describe the service, not what the reader should do.',
      'Name the event’s organiser and check the date.',
    ],
  },
  fr: {
    rejected: [
      'Nous ne pouvons pas promettre cela. Repartez de la formulation approuvée.',
      'On ne parle pas ainsi d’un client, même sans le nommer.',
    ],
    changes_requested: [
      'Précisez la source et la date du chiffre.',
      'Trop proche d’un conseil : décrivez le service, pas ce que le lecteur doit faire.',
      'Nommez l’organisateur et vérifiez la date.',
    ],
  },
}

/** The text of the second revision of a post that was sent back. */
export function revisedText(planned: PlannedPost): string {
  const branch = 100 + Number(planned.key.slice('demo-'.length))
  return planned.language === 'fr'
    ? `Nos équipes de l’agence n° ${branch} vous reçoivent sur rendez-vous. Les conditions figurent sur notre site.`
    : `Our teams at branch ${branch} welcome you by appointment. The terms are on our website.`
}

/** Writes a planned post, or takes the one of an earlier run, and moves it towards its goal. Safe to repeat. */
export async function drivePost(firm: DemoFirm, planned: PlannedPost, known: string | undefined): Promise<void> {
  const author = firm.people.get(planned.author)!
  let post =
    known === undefined ? await write(firm, author, planned) : await author.call(getPost, { params: { postId: known } })
  if (planned.goal === 'withdrawn' && post.status === 'in_review') {
    await author.call(withdrawPost, { params: { postId: post.postId }, body: {}, key: `${planned.key}-withdraw` })
    return
  }
  if (planned.goal === 'revised' && post.revisions.length === 1)
    post = await sendBackAndRevise(firm, author, planned, post)
  if (post.status !== 'in_review') return
  if (planned.goal === 'in_review') return claimSome(firm, planned, post)
  if (planned.goal === 'rejected' || planned.goal === 'changes_requested')
    return decide(firm, planned, post, planned.goal, planned.reviewer)
  await approve(firm, planned, post)
}

/** Retracts a post of this goal once it is out. */
export async function retractPlanned(firm: DemoFirm, planned: PlannedPost, postId: string): Promise<void> {
  const reason =
    planned.language === 'fr'
      ? 'Date erronée ; une version corrigée suivra.'
      : 'Wrong date; a corrected post will follow.'
  await firm.people
    .get(planned.author)!
    .call(retractPost, { params: { postId }, body: { reason }, key: `${planned.key}-retract` })
}

async function write(firm: DemoFirm, author: DemoPersonSession, planned: PlannedPost): Promise<Post> {
  const { key, picture } = planned
  const mediaIds =
    picture === undefined
      ? []
      : [await author.upload(drawPicture(Number(key.slice('demo-'.length))), picture, `${key}-picture`)]
  return author.call(createPost, {
    key,
    body: { ...contentOf(firm, planned, planned.text), mediaIds, submit: planned.goal !== 'draft' },
  })
}

function contentOf(firm: DemoFirm, planned: PlannedPost, text: string) {
  const slot = new Date()
  slot.setUTCDate(slot.getUTCDate() + planned.daysAhead)
  slot.setUTCHours(8 + (planned.daysAhead % 9), 30, 0, 0)
  return {
    text,
    language: planned.language,
    profileIds: planned.profiles.map((handle) => firm.profileIds.get(handle)!),
    ...(planned.link === undefined ? {} : { links: [planned.link] }),
    ...(planned.goal === 'scheduled' ? { scheduledAt: slot.toISOString() } : {}),
  }
}

/** A reviewer asks for changes (or policy blocked it already), and the author rewrites. */
async function sendBackAndRevise(
  firm: DemoFirm,
  author: DemoPersonSession,
  planned: PlannedPost,
  post: Post,
): Promise<Post> {
  if (post.status === 'in_review') await decide(firm, planned, post, 'changes_requested', planned.reviewer)
  const params = { postId: post.postId }
  const body = { ...contentOf(firm, planned, revisedText(planned)), submit: true }
  return author.call(createRevision, { params, body, key: `${planned.key}-revise` })
}

async function claimSome(firm: DemoFirm, planned: PlannedPost, post: Post): Promise<void> {
  const open = openReviews(post).find((review) => review.claimedBy === null)
  if (open === undefined || planned.daysAhead % 3 !== 0) return
  await firm.people.get(planned.reviewer)!.call(claimReview, { params: { reviewId: open.reviewId } })
}

function openReviews(post: Pick<Post, 'reviews' | 'currentRevisionId'>): Post['reviews'] {
  return post.reviews.filter((review) => review.status === 'open' && review.revisionId === post.currentRevisionId)
}

/** Walks all stages: a stage that needs two people gets both officers. */
async function approve(firm: DemoFirm, planned: PlannedPost, first: Post): Promise<void> {
  const officers = planned.reviewer === 'ines' ? (['ines', 'tom'] as const) : (['tom', 'ines'] as const)
  const author = firm.people.get(planned.author)!
  let post = first
  for (let step = 0; step < 6 && post.status === 'in_review'; step++) {
    await decide(firm, planned, post, 'approved', officers[step % 2]!)
    post = await author.call(getPost, { params: { postId: post.postId } })
  }
}

async function decide(
  firm: DemoFirm,
  planned: PlannedPost,
  post: Post,
  outcome: Outcome,
  reviewer: 'ines' | 'tom',
): Promise<void> {
  const review = openReviews(post)[0]
  if (review === undefined) return
  const choices = outcome === 'approved' ? [] : reasons[planned.language][outcome]
  const reason = choices[planned.daysAhead % Math.max(choices.length, 1)]
  // Approving a post says that what the rules saw in it was no reason to stop it.
  const findingJudgements = Object.fromEntries(post.findings.map((finding) => [finding.ruleId, outcome !== 'approved']))
  await firm.people.get(reviewer)!.call(decideReview, {
    params: { reviewId: review.reviewId },
    body: { outcome, contentHash: post.contentHash, findingJudgements, ...(reason === undefined ? {} : { reason }) },
    key: `${planned.key}-${review.reviewId}-${outcome}`,
  })
}
