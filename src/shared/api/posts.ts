import { Type, type Static } from 'typebox'
import { At, Id, Language, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import {
  CommunicationClass,
  Finding,
  Link,
  NetworkFit,
  PostContent,
  PostStatusSchema,
  RequiredStage,
  Source,
  Verdict,
} from './policies.ts'

export const Media = Type.Object({
  mediaId: Id,
  sha256: Type.String(),
  mimeType: Type.String(),
  size: Type.Integer({ description: 'bytes' }),
  altText: Nullable(Type.String()),
})
export type Media = Static<typeof Media>

export const Revision = Type.Object({
  revisionId: Id,
  number: Type.Integer(),
  text: Type.String(),
  thread: Type.Array(Type.String(), { description: 'the items after the first' }),
  format: Nullable(Type.String()),
  audience: Nullable(Type.String()),
  language: Nullable(Language),
  links: Type.Array(Link),
  mediaIds: Type.Array(Id),
  media: Type.Array(Media, { description: 'the same files with their descriptions, in order' }),
  sources: Type.Array(Source),
  profileIds: Type.Array(Id),
  scheduledAt: Nullable(At),
  communicationClass: CommunicationClass,
  static: Type.Boolean(),
  topics: Type.Array(Type.String()),
  contentHash: Type.String(),
  createdBy: Id,
  createdAt: At,
})
export type Revision = Static<typeof Revision>

export const ReviewDecision = Type.Object({
  reviewer: Person,
  outcome: Type.Union([Type.Literal('approved'), Type.Literal('rejected'), Type.Literal('changes_requested')]),
  reason: Nullable(Type.String()),
  contentHash: Type.String(),
  decidedAt: At,
})
export type ReviewDecision = Static<typeof ReviewDecision>

export const ReviewOfPost = Type.Object({
  reviewId: Id,
  revisionId: Id,
  stage: Type.String(),
  need: Type.Integer(),
  status: Type.Union([
    Type.Literal('open'),
    Type.Literal('waiting'),
    Type.Literal('approved'),
    Type.Literal('rejected'),
    Type.Literal('changes_requested'),
    Type.Literal('voided'),
  ]),
  claimedBy: Nullable(Person),
  assignedTo: Nullable(Person),
  dueAt: Nullable(At),
  decisions: Type.Array(ReviewDecision),
})

export const PublicationStatus = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('publishing'),
  Type.Literal('published'),
  Type.Literal('failed'),
  Type.Literal('unconfirmed'),
  Type.Literal('stopped'),
  Type.Literal('cancelled'),
  Type.Literal('retracted'),
])
export const Publication = Type.Object({
  publicationId: Id,
  profileId: Id,
  network: Type.String(),
  handle: Type.String(),
  status: PublicationStatus,
  remoteId: Nullable(Type.String()),
  permalink: Nullable(Type.String()),
  publishedAt: Nullable(At),
  attempts: Type.Integer(),
  nextAttemptAt: Nullable(At),
  lastError: Nullable(Type.String()),
})
export type Publication = Static<typeof Publication>

export const Comment = Type.Object({ commentId: Id, author: Person, text: Type.String(), createdAt: At })

/** One line of the post's life, rebuilt from its records. */
export const TimelineEntry = Type.Object({
  recordId: Id,
  type: Type.String(),
  recordedAt: At,
  actor: Nullable(Person),
  logIndex: Nullable(Type.Integer()),
  sealed: Type.Boolean(),
  summary: Type.Record(Type.String(), Type.Unknown()),
})
export type TimelineEntry = Static<typeof TimelineEntry>

export const PostSummary = Type.Object({
  postId: Id,
  status: PostStatusSchema,
  text: Type.String(),
  author: Person,
  unitId: Id,
  networks: Type.Array(Type.String()),
  verdict: Nullable(Verdict),
  waitingFor: Nullable(
    Type.String({
      description:
        'Who has the ball: the reviewer who has it in hand or to whom it was handed, else a stage name; or the author',
    }),
  ),
  contentHash: Type.String(),
  scheduledAt: Nullable(At),
  createdAt: At,
  updatedAt: At,
})
export type PostSummary = Static<typeof PostSummary>

export const Post = Type.Object({
  ...PostSummary.properties,
  currentRevisionId: Id,
  revision: Revision,
  policyVersion: Nullable(Type.String()),
  findings: Type.Array(Finding),
  requiredStages: Type.Array(RequiredStage),
  perNetwork: Type.Array(NetworkFit),
  revisions: Type.Array(Revision),
  reviews: Type.Array(ReviewOfPost),
  publications: Type.Array(Publication),
  comments: Type.Array(Comment),
  timeline: Type.Array(TimelineEntry),
})
export type Post = Static<typeof Post>

const postParams = Type.Object({ postId: Id })

export const createPost = endpoint({
  method: 'POST',
  url: '/api/posts',
  config: { permission: 'post.write' },
  schema: {
    summary: 'Writes a draft, and submits it at once with `submit: true`',
    tags: ['posts'],
    body: Type.Object({ ...PostContent, submit: Type.Optional(Type.Boolean()) }),
    response: { 201: Post },
  },
})

export const listPosts = endpoint({
  method: 'GET',
  url: '/api/posts',
  config: { permission: 'post.read' },
  schema: {
    summary: 'Posts in the reader’s scope, newest first',
    tags: ['posts'],
    querystring: Type.Object({
      author: Type.Optional(Type.String({ description: '`me` or a user id' })),
      status: Type.Optional(Type.String({ description: 'One status or several, comma separated' })),
      q: Type.Optional(Type.String({ maxLength: 300 })),
      ...PageQuery,
    }),
    response: {
      200: Type.Object({
        ...Page(PostSummary).properties,
        counts: Type.Record(Type.String(), Type.Integer(), {
          description:
            'Posts by status under the same filter: no more than 10,000 of each, and with `q` among the newest 3,000 only',
        }),
        searchedBackTo: Type.Union([At, Type.Null()], {
          description: 'How far back `q` was searched for, where older posts are left: the cursor goes on from there',
        }),
      }),
    },
  },
})

export const getPost = endpoint({
  method: 'GET',
  url: '/api/posts/:postId',
  config: { permission: 'post.read' },
  schema: { summary: 'One post, whole', tags: ['posts'], params: postParams, response: { 200: Post } },
})

export const createRevision = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/revisions',
  config: { permission: 'post.write' },
  schema: {
    summary: 'A new revision; voids earlier approvals and makes the post a draft again',
    tags: ['posts'],
    params: postParams,
    body: Type.Object({ ...PostContent, submit: Type.Optional(Type.Boolean()) }),
    response: { 201: Post },
  },
})

export const submitPost = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/submit',
  config: { permission: 'post.write' },
  schema: { summary: 'Hands the current revision in', tags: ['posts'], params: postParams, response: { 200: Post } },
})

export const withdrawPost = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/withdraw',
  config: { permission: 'post.write' },
  schema: {
    summary: 'Takes the post back before it leaves',
    tags: ['posts'],
    params: postParams,
    body: Type.Optional(Type.Object({ reason: Type.Optional(Type.String({ maxLength: 2000 })) })),
    response: { 200: Post },
  },
})

export const reschedulePost = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/reschedule',
  config: { permission: 'post.write' },
  schema: {
    summary: 'Another time of publication; the time is part of what was approved, so approval starts again',
    tags: ['posts'],
    params: postParams,
    body: Type.Object({ scheduledAt: Nullable(At) }),
    response: { 200: Post },
  },
})

export const retractPost = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/retract',
  config: { permission: 'post.write' },
  schema: {
    summary: 'Deletes the published post at its networks; the evidence stays',
    tags: ['posts'],
    params: postParams,
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }),
    response: { 200: Post },
  },
})

export const commentPost = endpoint({
  method: 'POST',
  url: '/api/posts/:postId/comments',
  config: { permission: 'post.comment' },
  schema: {
    summary: 'Internal discussion, archived too',
    tags: ['posts'],
    params: postParams,
    body: Type.Object({ text: Type.String({ minLength: 1, maxLength: 10_000 }) }),
    response: { 201: Comment },
  },
})

/** The body is multipart/form-data: one part `file`, and before it an optional part `altText`. */
export const uploadMedia = endpoint({
  method: 'POST',
  url: '/api/media',
  config: { permission: 'media.write' },
  schema: {
    summary: 'Stores an image or a video under its digest; typed by its content, not by its name',
    tags: ['posts'],
    response: { 201: Media },
  },
})

/** The file itself, with its own content type; the browser may show it and may not run it. */
export const getMedia = endpoint({
  method: 'GET',
  url: '/api/media/:mediaId',
  config: { permission: 'post.read' },
  schema: {
    summary: 'A media file, for who uploaded it and for who may read a post that carries it; one range is honoured',
    tags: ['posts'],
    params: Type.Object({ mediaId: Id }),
  },
})
