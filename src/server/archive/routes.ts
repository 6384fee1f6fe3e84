import type { FastifyReply } from 'fastify'
import type { Actor } from '#server/platform/actor.ts'
import type { App } from '#server/platform/app-type.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import * as contract from '#shared/api/archive.ts'
import * as holds from '#shared/api/holds.ts'
import { getTlogCheckpoint, getTlogTile } from '#shared/api/tlog.ts'
import type { Permission } from '#shared/permissions.ts'
import { parseTilePath, tileWidthAt, type TileName } from '#shared/tlog/tiles.ts'
import { readCosignatures } from './anchor-queries.ts'
import { answerErasure } from './answer-erasure.ts'
import { findHolds } from './hold-queries.ts'
import { makeProof } from './make-proof.ts'
import { placeHold } from './place-hold.ts'
import { readPostTimeline, readRecord } from './read-record.ts'
import { readStatus } from './read-status.ts'
import { readEntryBundle, readTile } from './read-tile.ts'
import { releaseHold } from './release-hold.ts'
import { extendRetention, readRetention } from './retention.ts'
import { readSealed } from './seal-queries.ts'
import { searchRecords } from './search-records.ts'
import { readScope } from './search-scope.ts'
import { verifyArchive } from './verify-archive.ts'

type ArchiveDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner' | 'config' | 'anchors'>

export function registerArchiveRoutes(app: App, deps: ArchiveDeps): void {
  app.route({
    ...contract.searchRecords,
    handler: async (request) => {
      const { cursor, limit, count, ...filter } = request.query
      return searchRecords(deps, request.actor, filter, { cursor, limit, count })
    },
  })
  app.route({
    ...contract.getRecord,
    handler: async (request) => readRecord(deps, request.actor, request.params.recordId),
  })
  app.route({
    ...contract.getRecordProof,
    handler: async (request) => makeProof(deps, request.actor, request.params.recordId),
  })
  app.route({
    ...contract.getPostTimeline,
    handler: async (request) => readPostTimeline(deps, request.actor, request.params.postId),
  })
  app.route({ ...contract.getArchiveStatus, handler: async () => readStatus(deps) })
  app.route({
    ...contract.verifyNow,
    handler: async (request, reply) =>
      reply.code(201).send(await verifyArchive(deps, { scope: 'full', actor: request.actor })),
  })
  registerTlogRoutes(app, deps)
  registerHoldRoutes(app, deps)
}

/** The log for independent monitors. Public only where the firm says so: entries carry no content, but every unit's streams. */
function registerTlogRoutes(app: App, deps: ArchiveDeps): void {
  const config: { permission: Permission | 'public' } = { permission: deps.config.tlogPublic ? 'public' : 'tlog.read' }
  app.route({
    ...getTlogCheckpoint,
    config,
    handler: async (_request, reply) => {
      const { treeSize, note } = await readSealed(deps.db)
      if (note === undefined) throw new AppError('not_found', 'Nothing is sealed yet.')
      const cosigned = `${note}${await readCosignatures(deps.db, treeSize)}`
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(cosigned)
    },
  })
  app.route({
    ...getTlogTile,
    config,
    handler: async (request, reply) => sendTile(deps, request.actor, `tile/${request.params['*']}`, reply),
  })
}

async function sendTile(deps: ArchiveDeps, actor: Actor, path: string, reply: FastifyReply): Promise<FastifyReply> {
  const tile = parseTilePath(path)
  const { treeSize } = await readSealed(deps.db)
  if (tile === undefined || tile.width > tileWidthAt(treeSize, tile.level, tile.index)) {
    throw new AppError('not_found', 'The sealed log has no such tile.')
  }
  // What a tile holds never changes; a reader may keep it for ever.
  reply.type('application/octet-stream').header('cache-control', 'private, max-age=31536000, immutable')
  return reply.send(Buffer.from(await tileBytes(deps, actor, tile)))
}

async function tileBytes(deps: ArchiveDeps, actor: Actor, tile: TileName): Promise<Uint8Array> {
  const { level, index, width } = tile
  if (level !== 'entries') return readTile(deps.db, { level, index, width })
  if (!deps.config.tlogPublic && (await readScope(deps.db, actor, 'tlog.read')) !== 'everything') {
    throw new AppError(
      'forbidden',
      'Entries of the whole log are for auditors of the whole firm. Ask for an export of your unit.',
    )
  }
  return readEntryBundle(deps.db, index, width)
}

/** Records management: holds, retention, answers to erasure requests. */
function registerHoldRoutes(app: App, deps: ArchiveDeps): void {
  app.route({
    ...holds.listHolds,
    handler: async (request) => {
      const limit = request.query.limit ?? 50
      const scope = await readScope(deps.db, request.actor, 'hold.read')
      const rows = await findHolds(deps.db, scope, readCursor(request.query.cursor), limit + 1)
      return cutPage(
        rows,
        limit,
        (row) => ({ at: row.placedAt, id: row.holdId }),
        (row) => row,
      )
    },
  })
  app.route({
    ...holds.placeHold,
    handler: async (request, reply) => reply.code(201).send(await placeHold(deps, request.actor, request.body)),
  })
  app.route({
    ...holds.releaseHold,
    handler: async (request) => releaseHold(deps, request.actor, request.params.holdId, request.body.reason),
  })
  app.route({ ...holds.listRetention, handler: async () => readRetention(deps.db) })
  app.route({
    ...holds.extendRetention,
    handler: async (request) =>
      extendRetention(deps, request.actor, request.params.name, request.body.years, request.body.reason),
  })
  app.route({
    ...holds.answerErasure,
    handler: async (request, reply) =>
      reply.code(201).send(await answerErasure(deps, request.actor, request.body.scope, request.body.reason)),
  })
}
