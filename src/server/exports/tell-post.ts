import type { Instant } from '#server/platform/clock.ts'

/** One record of a post, header and body parsed. `body` is null once disposed. */
export interface PostRecord {
  readonly n: number
  readonly type: string
  readonly recordedAt: Instant
  readonly streams: Readonly<Record<string, string | undefined>>
  readonly actorName: string | null
  readonly content: Readonly<Record<string, unknown>> | null
}

export interface ToldRevision {
  readonly revisionId: string
  readonly number: number
  readonly text: string
  readonly contentHash: string
  readonly communicationClass: string
  readonly isStatic: boolean
  readonly language: string
  readonly sources: readonly string[]
  readonly links: readonly string[]
  readonly media: readonly { readonly sha256: string; readonly mimeType: string; readonly altText: string }[]
  readonly preparedBy: string
  readonly preparedAt: Instant
  readonly verdict: string
  readonly policyVersion: string
}

export interface ToldApproval {
  readonly stage: string
  readonly by: string
  readonly at: Instant
  readonly contentHash: string
}

/** One use of a post: where, from when, until when. */
export interface ToldUse {
  readonly profileId: string
  readonly network: string
  readonly revisionId: string
  readonly permalink: string
  readonly firstUse: Instant
  /** Null while it is still up, as far as the log knows. */
  readonly lastUse: Instant | null
}

/** What the log says of one post: the fields that FINRA Rule 2210(b)(4) asks for, and every stage (FIN-3, MIF-4). */
export interface PostStory {
  readonly postId: string
  readonly unitId: string | undefined
  readonly revisions: readonly ToldRevision[]
  readonly approvals: readonly ToldApproval[]
  readonly uses: readonly ToldUse[]
  readonly stages: readonly {
    readonly n: number
    readonly at: Instant
    readonly type: string
    readonly by: string
    readonly note: string
  }[]
}

/** Tells a post from its records alone, given in log order. */
export function tellPost(postId: string, records: readonly PostRecord[]): PostStory {
  const revisions = new Map<string, ToldRevision>()
  const approvals: ToldApproval[] = []
  const uses = new Map<string, ToldUse>()
  for (const record of records) {
    readRevision(record, revisions)
    readApproval(record, approvals)
    readUse(record, uses)
  }
  const stages = records.map((record) => ({
    n: record.n,
    at: record.recordedAt,
    type: record.type,
    by: record.actorName ?? '',
    note: noteOf(record),
  }))
  return {
    postId,
    unitId: records.find((record) => record.streams['unit'] !== undefined)?.streams['unit'],
    revisions: [...revisions.values()],
    approvals,
    uses: [...uses.values()],
    stages,
  }
}

/** The revision that went out, or else the last one. */
export function mainRevision(story: PostStory): ToldRevision | undefined {
  const used = story.uses.at(-1)?.revisionId
  return story.revisions.find((revision) => revision.revisionId === used) ?? story.revisions.at(-1)
}

/** The approvals of exactly what a revision says. */
export function approvalsOf(story: PostStory, revision: ToldRevision | undefined): readonly ToldApproval[] {
  return story.approvals.filter((approval) => approval.contentHash === revision?.contentHash)
}

/** First and last use of a post over all its profiles; `lastUse` null while any is still up. */
export function useDates(story: PostStory): { firstUse: Instant | null; lastUse: Instant | null; stillUp: boolean } {
  const firstUse = story.uses.map((use) => use.firstUse).toSorted()[0] ?? null
  const stillUp = story.uses.some((use) => use.lastUse === null)
  const last = story.uses
    .map((use) => use.lastUse ?? '')
    .toSorted()
    .at(-1)
  return { firstUse, lastUse: stillUp || last === undefined || last === '' ? null : last, stillUp }
}

function readRevision(record: PostRecord, revisions: Map<string, ToldRevision>): void {
  const revision = objectOf(record.content?.['revision'])
  if (revision === undefined) return
  const evaluation = objectOf(record.content?.['evaluation'])
  const revisionId = textOf(revision['revisionId'])
  const known = revisions.get(revisionId)
  revisions.set(revisionId, {
    revisionId,
    number: Number(revision['number']),
    // A thread is told whole, item after item.
    text: [textOf(revision['text']), ...textsOf(revision['thread'])].join('\n\n'),
    contentHash: textOf(revision['contentHash']),
    communicationClass: textOf(revision['communicationClass']),
    isStatic: revision['static'] === true,
    language: textOf(revision['language']),
    sources: listOf(revision['sources']).map((source) =>
      ['claim', 'url', 'note']
        .map((part) => textOf(source[part]))
        .filter((part) => part !== '')
        .join(' · '),
    ),
    links: listOf(revision['links']).map((link) => textOf(link['url'])),
    media: listOf(revision['media']).map((item) => ({
      sha256: textOf(item['sha256']),
      mimeType: textOf(item['mimeType']),
      altText: textOf(item['altText']),
    })),
    preparedBy: known?.preparedBy ?? record.actorName ?? '',
    preparedAt: known?.preparedAt ?? record.recordedAt,
    verdict: textOf(evaluation?.['verdict']),
    policyVersion: textOf(evaluation?.['policyVersion']),
  })
}

function readApproval(record: PostRecord, approvals: ToldApproval[]): void {
  if (record.type !== 'review.decided' || record.content?.['outcome'] !== 'approved') return
  const reviewer = objectOf(record.content['reviewer'])
  const by = textOf(reviewer?.['displayName']) || (record.actorName ?? '')
  approvals.push({
    stage: textOf(record.content['stage']),
    by,
    at: record.recordedAt,
    contentHash: textOf(record.content['contentHash']),
  })
}

/** A capture that does not find the post ends its use as a retraction does: that is when we know that it was gone. */
function readUse(record: PostRecord, uses: Map<string, ToldUse>): void {
  const publicationId = textOf(record.content?.['publicationId'])
  if (publicationId === '' || record.content === null) return
  const use = uses.get(publicationId)
  if (record.type === 'publication.published' && use === undefined) {
    uses.set(publicationId, {
      profileId: record.streams['profile'] ?? '',
      network: record.streams['network'] ?? '',
      revisionId: textOf(record.content['revisionId']),
      permalink: textOf(record.content['permalink']),
      firstUse: record.recordedAt,
      lastUse: null,
    })
  } else if (use !== undefined && use.lastUse === null && endsUse(record)) {
    uses.set(publicationId, { ...use, lastUse: record.recordedAt })
  }
}

function endsUse(record: PostRecord): boolean {
  return (
    record.type === 'publication.retracted' ||
    (record.type === 'publication.captured' && record.content?.['found'] === false)
  )
}

/** What a reader of the timeline wants to know of a record besides its type. */
function noteOf(record: PostRecord): string {
  const { content } = record
  if (content === null) return 'disposed'
  const revision = objectOf(content['revision'])
  const parts = [
    textOf(content['outcome']),
    textOf(content['reason']),
    revision === undefined ? textOf(content['text']) : textOf(revision['text']),
    textOf(content['permalink']),
    textOf(content['sentence']) || textOf(content['because']),
  ]
  return parts.filter((part) => part !== '').join(' · ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : []
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(objectOf).filter((item) => item !== undefined) : []
}
