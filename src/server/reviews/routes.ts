import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import { readLanguage } from '#server/platform/read-language.ts'
import type { AnswerOf, QueryOf } from '#shared/api/endpoint.ts'
import * as posts from '#shared/api/posts.ts'
import * as contract from '#shared/api/reviews.ts'
import * as simulations from '#shared/api/simulations.ts'
import { assemblePost } from './assemble-post.ts'
import { decideReview, type Decision } from './decide-review.ts'
import { claimReview, delegateReview, escalateReview, releaseReview } from './handle-review.ts'
import type { ReviewRow } from './queries.ts'
import { countFacets, findQueue, findQueueSummary, type QueueReader } from './queue-queries.ts'
import { partsOfNewPost } from './parts-of-new-post.ts'
import { readPost } from './read-post.ts'
import { readPrecision } from './read-precision.ts'
import { readReview, toReviewSummary } from './read-review.ts'
import { readReviewsInHand } from './read-reviews-in-hand.ts'
import { readSimulation, readSimulations } from './read-simulation.ts'
import { readTouched } from './read-touched.ts'
import { cancelSimulation, simulateHistory } from './simulate-history.ts'
import { createPost, revisePost, submitPost } from './submit-post.ts'
import { reschedulePost, withdrawPost } from './withdraw-post.ts'

type RouteDeps = Pick<Deps, 'db' | 'clock' | 'networks' | 'config'>

export function registerReviewRoutes(app: App, deps: RouteDeps): void {
  registerWriting(app, deps)
  registerQueue(app, deps)
  registerDecisions(app, deps)
  registerSimulations(app, deps)
}

function registerWriting(app: App, deps: RouteDeps): void {
  app.route({
    ...posts.createPost,
    handler: async (request, reply) => {
      const written = await createPost(deps, request.actor, request.body)
      return reply.code(201).send(assemblePost(partsOfNewPost(request.actor, written), readLanguage(request)))
    },
  })
  app.route({
    ...posts.getPost,
    handler: async (request) => readPost(deps, request.actor, request.params.postId, readLanguage(request)),
  })
  app.route({
    ...posts.createRevision,
    handler: async (request, reply) => {
      await revisePost(deps, request.actor, request.params.postId, request.body)
      return reply.code(201).send(await readPost(deps, request.actor, request.params.postId, readLanguage(request)))
    },
  })
  app.route({
    ...posts.submitPost,
    handler: async (request) => {
      await submitPost(deps, request.actor, request.params.postId)
      return readPost(deps, request.actor, request.params.postId, readLanguage(request))
    },
  })
  app.route({
    ...posts.withdrawPost,
    handler: async (request) => {
      await withdrawPost(deps, request.actor, request.params.postId, request.body?.reason)
      return readPost(deps, request.actor, request.params.postId, readLanguage(request))
    },
  })
  app.route({
    ...posts.reschedulePost,
    handler: async (request) => {
      await reschedulePost(deps, request.actor, request.params.postId, request.body.scheduledAt)
      return readPost(deps, request.actor, request.params.postId, readLanguage(request))
    },
  })
}

function registerQueue(app: App, deps: RouteDeps): void {
  app.route({ ...contract.listReviews, handler: (request) => listQueue(deps, request.actor, request.query) })
  app.route({
    ...contract.summariseReviews,
    handler: async (request) => findQueueSummary(deps.db, await readerOf(deps, request.actor)),
  })
  app.route({
    ...contract.getReview,
    handler: async (request) =>
      readReview(deps.db, request.actor, request.params.reviewId, readLanguage(request), deps.clock.now()),
  })
  app.route({
    ...contract.listReviewsInHand,
    handler: async (request) => readReviewsInHand(deps.db, request.actor, request.params.userId, deps.clock.now()),
  })
}

/** Who looks at the queue, in which units and at which time. */
async function readerOf(deps: Pick<RouteDeps, 'db' | 'clock'>, actor: Actor): Promise<QueueReader> {
  return { scope: await readScope(deps.db, actor, 'review.read'), userId: actor.userId, now: deps.clock.now() }
}

/** One page of the queue with the counts of its facets. */
async function listQueue(
  deps: Pick<RouteDeps, 'db' | 'clock'>,
  actor: Actor,
  query: QueryOf<typeof contract.listReviews>,
): Promise<AnswerOf<typeof contract.listReviews>> {
  const reader = await readerOf(deps, actor)
  const statuses = (query.status ?? 'open').split(',')
  const limit = query.limit ?? 50
  const order = query.sort ?? 'due'
  const { assignee, unit, network, severity } = query
  const filter = { statuses, assignee, unit, network, severity }
  const [rows, counts] = await Promise.all([
    findQueue(deps.db, reader, { filter, order, after: readCursor(query.cursor), limit: limit + 1 }),
    countFacets(deps.db, reader, statuses),
  ])
  const facet = (name: string) =>
    Object.fromEntries(counts.filter((row) => row.facet === name).map((row) => [row.value, row.count]))
  const placeOf: Record<typeof order, (row: ReviewRow) => string> = {
    due: (row) => row.dueAt,
    created: (row) => row.createdAt,
    closed: (row) => row.closedAt!,
  }
  return {
    ...cutPage(
      rows,
      limit,
      (row) => ({ at: placeOf[order](row), id: row.reviewId }),
      (row) => toReviewSummary(row, reader.now),
    ),
    facets: {
      status: facet('status'),
      severity: facet('severity'),
      network: facet('network'),
      unit: facet('unit'),
      assignee: facet('assignee'),
    },
  }
}

function registerDecisions(app: App, deps: RouteDeps): void {
  const summary = async (row: ReturnType<typeof claimReview>) => toReviewSummary(await row, deps.clock.now())
  app.route({
    ...contract.claimReview,
    handler: async (request) => summary(claimReview(deps, request.actor, request.params.reviewId)),
  })
  app.route({
    ...contract.releaseReview,
    handler: async (request) => summary(releaseReview(deps, request.actor, request.params.reviewId)),
  })
  app.route({
    ...contract.escalateReview,
    handler: async (request) =>
      summary(escalateReview(deps, request.actor, request.params.reviewId, request.body.reason)),
  })
  app.route({
    ...contract.delegateReview,
    handler: async (request) =>
      summary(
        delegateReview(deps, request.actor, request.params.reviewId, {
          to: request.body.userId,
          reason: request.body.reason,
        }),
      ),
  })
  app.route({
    ...contract.decideReview,
    handler: async (request) =>
      decideReview(deps, request.actor, { reviewId: request.params.reviewId, ...request.body }),
  })
  app.route({
    ...contract.decideReviews,
    handler: async (request) => {
      const results = []
      for (const decision of request.body.decisions) results.push(await decideOne(deps, request.actor, decision))
      return { results }
    },
  })
}

/** One of several: its refusal is its own result and touches no other. */
async function decideOne(deps: RouteDeps, actor: Parameters<typeof decideReview>[1], decision: Decision) {
  try {
    const { status } = await decideReview(deps, actor, decision)
    return { reviewId: decision.reviewId, ok: true, status }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { reviewId: decision.reviewId, ok: false, code: error.code, detail: error.message }
  }
}

function registerSimulations(app: App, deps: RouteDeps): void {
  app.route({
    ...simulations.createSimulation,
    handler: async (request, reply) => reply.code(202).send(await simulateHistory(deps, request.actor, request.body)),
  })
  app.route({
    ...simulations.findTouched,
    handler: async (request) => readTouched(deps, request.actor, request.body),
  })
  app.route({
    ...simulations.listSimulations,
    handler: async (request) => readSimulations(deps.db, request.actor, request.query),
  })
  app.route({
    ...simulations.getSimulation,
    handler: async (request) => readSimulation(deps.db, request.actor, request.params.simulationId),
  })
  app.route({
    ...simulations.cancelSimulation,
    handler: async (request) => cancelSimulation(deps, request.actor, request.params.simulationId),
  })
  app.route({
    ...simulations.readPrecision,
    handler: async (request) => readPrecision(deps, request.actor, request.query),
  })
}
