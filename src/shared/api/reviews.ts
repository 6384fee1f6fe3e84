import { Type, type Static } from 'typebox'
import { At, Id, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Finding, PostStatusSchema, Severity, Verdict } from './policies.ts'
import { Post, Revision, ReviewOfPost } from './posts.ts'

export const ReviewStatus = ReviewOfPost.properties.status
export const Outcome = Type.Union([
  Type.Literal('approved'),
  Type.Literal('rejected'),
  Type.Literal('changes_requested'),
])
export type Outcome = Static<typeof Outcome>
export const ReviewAction = Type.Union([
  Type.Literal('claim'),
  Type.Literal('release'),
  Type.Literal('approve'),
  Type.Literal('reject'),
  Type.Literal('request_changes'),
  Type.Literal('escalate'),
  Type.Literal('delegate'),
])

export const ReviewSummary = Type.Object({
  reviewId: Id,
  postId: Id,
  revisionId: Id,
  revisionNumber: Type.Integer(),
  status: ReviewStatus,
  stage: Type.String(),
  need: Type.Integer(),
  approvals: Type.Integer(),
  author: Person,
  unitId: Id,
  unitName: Type.String(),
  networks: Type.Array(Type.String()),
  text: Type.String(),
  contentHash: Type.String(),
  verdict: Verdict,
  severity: Nullable(Severity),
  findingCount: Type.Integer(),
  claimedBy: Nullable(Person),
  assignedTo: Nullable(Person),
  escalated: Type.Boolean(),
  scheduledAt: Nullable(At),
  createdAt: At,
  dueAt: At,
  overdue: Type.Boolean(),
  closedAt: Nullable(At),
})
export type ReviewSummary = Static<typeof ReviewSummary>

export const Precedent = Type.Object({
  postId: Id,
  text: Type.String(),
  outcome: Outcome,
  reason: Nullable(Type.String()),
  decidedAt: At,
})

export const Review = Type.Object({
  ...ReviewSummary.properties,
  post: Post,
  revision: Revision,
  previousRevision: Nullable(Revision),
  findings: Type.Array(Finding),
  authorRecord: Type.Object({
    submitted: Type.Integer(),
    approved: Type.Integer(),
    rejected: Type.Integer(),
    changesRequested: Type.Integer(),
  }),
  precedents: Type.Array(Precedent),
  allowedActions: Type.Array(ReviewAction),
  refusal: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()], {
    description: 'Why the reader, who may decide in this unit, may not decide this open review',
  }),
})
export type Review = Static<typeof Review>

const reviewParams = Type.Object({ reviewId: Id })
const counts = Type.Record(Type.String(), Type.Integer())

export const listReviews = endpoint({
  method: 'GET',
  url: '/api/reviews',
  config: { permission: 'review.read' },
  schema: {
    summary: 'The queue, with counts by facet',
    tags: ['reviews'],
    querystring: Type.Object({
      status: Type.Optional(Type.String({ default: 'open' })),
      assignee: Type.Optional(
        Type.String({
          description: '`me`, `none` or a user id',
          pattern: '^(me|none|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})$',
        }),
      ),
      unit: Type.Optional(Id),
      network: Type.Optional(Type.String()),
      severity: Type.Optional(Severity),
      sort: Type.Optional(
        Type.Union([Type.Literal('due'), Type.Literal('created'), Type.Literal('closed')], {
          description: 'Most urgent first, oldest first, or last decided first',
        }),
      ),
      ...PageQuery,
    }),
    response: {
      200: Type.Object({
        ...Page(ReviewSummary).properties,
        facets: Type.Object(
          { status: counts, severity: counts, network: counts, unit: counts, assignee: counts },
          { description: 'Of each status, and of the chosen ones together, no more than 10,000 are counted' },
        ),
      }),
    },
  },
})

export const getReview = endpoint({
  method: 'GET',
  url: '/api/reviews/:reviewId',
  config: { permission: 'review.read' },
  schema: {
    summary: 'The revision under review, its findings, the last seen revision, the author’s record, precedents',
    tags: ['reviews'],
    params: reviewParams,
    response: { 200: Review },
  },
})

export const listReviewsInHand = endpoint({
  method: 'GET',
  url: '/api/users/:userId/reviews',
  config: { permission: 'user.manage' },
  schema: {
    summary: 'The open reviews that a person has in hand; off-boarding gives them back',
    tags: ['reviews'],
    params: Type.Object({ userId: Id }),
    response: {
      200: Type.Object({
        total: Type.Integer({ description: 'Those of units out of the reader’s scope too' }),
        items: Type.Array(
          Type.Object({
            reviewId: Id,
            stage: Type.String(),
            unitName: Type.String(),
            dueAt: At,
            overdue: Type.Boolean(),
            escalated: Type.Boolean(),
          }),
          { description: 'The next due first, at most 100; who administers people reads no posts' },
        ),
      }),
    },
  },
})

export const claimReview = endpoint({
  method: 'POST',
  url: '/api/reviews/:reviewId/claim',
  config: { permission: 'review.decide' },
  schema: {
    summary: 'Takes the review in hand for ten minutes',
    tags: ['reviews'],
    params: reviewParams,
    response: { 200: ReviewSummary },
  },
})

export const releaseReview = endpoint({
  method: 'POST',
  url: '/api/reviews/:reviewId/release',
  config: { permission: 'review.decide' },
  schema: { summary: 'Gives it back', tags: ['reviews'], params: reviewParams, response: { 200: ReviewSummary } },
})

export const escalateReview = endpoint({
  method: 'POST',
  url: '/api/reviews/:reviewId/escalate',
  config: { permission: 'review.decide' },
  schema: {
    summary: 'Marks the review for a higher instance, with a reason',
    tags: ['reviews'],
    params: reviewParams,
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }),
    response: { 200: ReviewSummary },
  },
})

export const delegateReview = endpoint({
  method: 'POST',
  url: '/api/reviews/:reviewId/delegate',
  config: { permission: 'review.decide' },
  schema: {
    summary: 'Hands the review to a named colleague who may decide it, never the author',
    tags: ['reviews'],
    params: reviewParams,
    body: Type.Object({ userId: Id, reason: Type.Optional(Type.String({ maxLength: 2000 })) }),
    response: { 200: ReviewSummary },
  },
})

const decisionBody = {
  outcome: Outcome,
  contentHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  reason: Type.Optional(Type.String({ maxLength: 10_000 })),
  findingJudgements: Type.Optional(
    Type.Record(Type.String(), Type.Boolean(), { description: 'ruleId → was the finding right?' }),
  ),
}
export const DecisionAnswer = Type.Object({
  reviewId: Id,
  postId: Id,
  status: ReviewStatus,
  postStatus: PostStatusSchema,
  approvals: Type.Integer(),
  need: Type.Integer(),
})
export type DecisionAnswer = Static<typeof DecisionAnswer>

export const decideReview = endpoint({
  method: 'POST',
  url: '/api/reviews/:reviewId/decision',
  config: { permission: 'review.decide' },
  schema: {
    summary: 'Approves, rejects or sends back one exact content; 409 `stale_revision` when it moved',
    tags: ['reviews'],
    params: reviewParams,
    body: Type.Object(decisionBody),
    response: { 200: DecisionAnswer },
  },
})

export const decideReviews = endpoint({
  method: 'POST',
  url: '/api/reviews/decisions',
  config: { permission: 'review.decide' },
  schema: {
    summary: 'Several decisions, one result an item',
    tags: ['reviews'],
    body: Type.Object({
      decisions: Type.Array(Type.Object({ reviewId: Id, ...decisionBody }), { minItems: 1, maxItems: 200 }),
    }),
    response: {
      200: Type.Object({
        results: Type.Array(
          Type.Object({
            reviewId: Id,
            ok: Type.Boolean(),
            status: Type.Optional(ReviewStatus),
            code: Type.Optional(Type.String()),
            detail: Type.Optional(Type.String()),
          }),
        ),
      }),
    },
  },
})

export const summariseReviews = endpoint({
  method: 'GET',
  url: '/api/reviews/summary',
  config: { permission: 'review.read' },
  schema: {
    summary: 'Ages, overdue, throughput',
    tags: ['reviews'],
    response: {
      200: Type.Object({
        open: Type.Integer(),
        overdue: Type.Integer(),
        claimedByMe: Type.Integer(),
        oldestOpenAt: Nullable(At),
        decidedToday: Type.Integer(),
        decidedLast7Days: Type.Integer(),
        medianMinutesToDecision: Nullable(Type.Number()),
        p90MinutesToDecision: Nullable(Type.Number()),
      }),
    },
  },
})
