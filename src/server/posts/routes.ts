import multipart from '@fastify/multipart'
import { scopeUnits, unitOfActing } from '#server/platform/actor.ts'
import type { App } from '#server/platform/app-type.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { isId } from '#server/platform/new-id.ts'
import { cutPage, readCursor, writeCursor } from '#server/platform/page-cursor.ts'
import { readLanguage } from '#server/platform/read-language.ts'
import { judgeContent, toApiFinding } from '#server/policies/judge-content.ts'
import { checkPolicy } from '#shared/api/policies.ts'
import * as contract from '#shared/api/posts.ts'
import { replayVerdict as replayContract } from '#shared/api/simulations.ts'
import { mediaBytesAtMost } from '#shared/media-limits.ts'
import { postStatuses, type PostStatus } from '#shared/post-status.ts'
import { commentPost } from './comment-post.ts'
import { toContent } from './prepare-revision.ts'
import { countPosts, findPosts, type PostListRow } from './queries.ts'
import { readMedia } from './read-media.ts'
import { readUpload } from './read-upload.ts'
import { replayVerdict } from './replay-verdict.ts'
import { storeMedia } from './store-media.ts'
import { readableScope } from './stored-post.ts'

export function registerPostRoutes(app: App, deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>): void {
  void app.register(multipart, { limits: { fileSize: mediaBytesAtMost, files: 1, fields: 2, fieldSize: 10_000 } })
  app.decorateRequest('upload', null)
  app.route({
    ...contract.uploadMedia,
    preValidation: readUpload,
    handler: async (request, reply) => {
      if (request.upload === null) throw new Error('the upload was not read')
      const { bytes, altText } = request.upload
      return reply.code(201).send(await storeMedia(deps, request.actor, bytes, altText))
    },
  })
  app.route({
    ...contract.getMedia,
    handler: async (request, reply) => {
      const { range, 'if-none-match': ifNoneMatch } = request.headers
      const wish = { range, ifNoneMatch }
      const { status, headers, body } = await readMedia(deps, request.actor, request.params.mediaId, wish)
      if (status === 416) {
        void reply.header('content-range', headers['content-range'])
        throw new AppError('range_not_satisfiable', 'The file is shorter than the range that was asked for.')
      }
      return reply.code(status).headers(headers).send(body)
    },
  })
  app.route({
    ...checkPolicy,
    handler: async (request) => {
      const { actor } = request
      const unitId = unitOfActing(actor, 'post.write')
      const author = { userId: actor.userId, unitId, reach: scopeUnits(actor, 'policy.check') }
      const content = await toContent(deps, request.body, author)
      const { evaluation } = await judgeContent(deps.db, author, content, deps.clock.now())
      const language = readLanguage(request)
      return {
        verdict: evaluation.verdict,
        findings: evaluation.findings.map((finding) => toApiFinding(finding, language)),
        requiredStages: [...evaluation.requiredStages],
        policyVersion: evaluation.policyVersion,
        perNetwork: [...evaluation.perNetwork],
      }
    },
  })
  app.route({
    ...replayContract,
    handler: async (request) => replayVerdict(deps, request.actor, request.body),
  })
  app.route({
    ...contract.listPosts,
    handler: async (request) => {
      const { query } = request
      const limit = query.limit ?? 50
      const filter = {
        authorId: query.author === 'me' ? request.actor.userId : readUserId(query.author),
        statuses: readStatuses(query.status),
        q: query.q,
      }
      const reader = {
        userId: request.actor.userId,
        units: await readableScope(deps.db, request.actor),
        now: deps.clock.now(),
      }
      const [{ rows, lookedBackTo }, counts] = await Promise.all([
        findPosts(deps.db, reader, filter, readCursor(query.cursor), limit + 1),
        countPosts(deps.db, reader, filter),
      ])
      const page = cutPage(rows, limit, (row) => ({ at: row.createdAt, id: row.postId }), toSummary)
      if (page.nextCursor !== null || lookedBackTo === undefined) return { ...page, counts, searchedBackTo: null }
      return { ...page, nextCursor: writeCursor(lookedBackTo), counts, searchedBackTo: lookedBackTo.at }
    },
  })
  app.route({
    ...contract.commentPost,
    handler: async (request, reply) =>
      reply.code(201).send(await commentPost(deps, request.actor, request.params.postId, request.body.text)),
  })
}

function readUserId(author: string | undefined): string | undefined {
  if (author === undefined || author === '') return undefined
  if (isId(author)) return author
  throw new AppError('invalid_request', 'author is `me` or a user id.')
}

function readStatuses(text: string | undefined): PostStatus[] | undefined {
  if (text === undefined || text === '') return undefined
  const statuses = text.split(',')
  const unknown = statuses.find((status) => !(postStatuses as readonly string[]).includes(status))
  if (unknown !== undefined)
    throw new AppError('invalid_request', `“${unknown}” is not a status. Statuses: ${postStatuses.join(', ')}.`)
  return statuses as PostStatus[]
}

function toSummary(row: PostListRow): contract.PostSummary {
  return {
    postId: row.postId,
    status: row.status,
    text: row.text,
    author: { userId: row.authorId, displayName: row.authorName },
    unitId: row.unitId,
    networks: row.networks,
    verdict: row.verdict,
    waitingFor: row.waitingFor,
    contentHash: row.contentHash,
    scheduledAt: row.scheduledAt,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}
