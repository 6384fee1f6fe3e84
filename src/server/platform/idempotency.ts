import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorStatus } from '#shared/error-code.ts'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'
import { addMilliseconds } from './clock.ts'
import { beforeCommit, type Db, type Tx } from './database.ts'
import type { Deps } from './deps.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Held while a call with an `Idempotency-Key` runs for the first time. */
    idempotencyClaim: Claim | null
    /** What an upload is, where a route reads it itself: its bytes are no `body`. */
    contentDigest: Buffer | null
  }
}

interface Claim {
  readonly actorId: string
  readonly key: string
}

type Parts = Pick<Deps, 'db' | 'clock' | 'secretBox' | 'log'>

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])
/** A call that has not come back after this long died with its process. */
const leaseMs = 60_000
const pollMs = 50
const waitMs = 10_000
const keptMs = 48 * 3_600_000

/**
 * `Idempotency-Key` for every writing call: the first answer is kept, sealed, and given again to a repeat with the same
 * body; another body is refused. Nothing is locked and no transaction is open while the call runs:
 *
 * 1. insert the key (a repeat that comes meanwhile waits for the answer);
 * 2. the use case runs; each of its transactions also marks the key committed;
 * 3. the answer is stored before it is sent.
 *
 * A crash before 2 leaves a key whose lease runs out, so that the repeat is carried out. A crash between 2 and 3 leaves a
 * committed key without an answer: the repeat is told so (409) and is not carried out a second time.
 */
export function registerIdempotency(app: App, deps: Parts): void {
  app.decorateRequest('idempotencyClaim', null)
  app.decorateRequest('contentDigest', null)
  app.addHook('preHandler', (request, reply, done) => {
    const key = request.headers['idempotency-key']
    if (key === undefined || reading.has(request.method) || request.actor.kind === 'system') return done()
    claim(deps, request, reply, String(key)).then(
      (mine) => (mine === undefined ? undefined : runClaimed(request, mine, done)),
      (error: Error) => done(error),
    )
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const mine = request.idempotencyClaim
    if (mine === null) return
    request.idempotencyClaim = null
    await settle(deps, mine, reply, payload)
  })
}

/** Keys older than two days are forgotten; a job calls this. Answers how many. */
export async function forgetIdempotencyKeys(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const before = addMilliseconds(deps.clock.now(), -keptMs)
  const gone = await deps.db.deleteFrom('idempotency_key').where('created_at', '<', before).executeTakeFirst()
  return Number(gone.numDeletedRows)
}

function runClaimed(request: FastifyRequest, mine: Claim, done: () => void): void {
  request.idempotencyClaim = mine
  beforeCommit.run((tx) => markCommitted(tx, mine), done)
}

/** Answers the claim when the call is to run now; `undefined` when a kept answer was sent. */
async function claim(
  deps: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  key: string,
): Promise<Claim | undefined> {
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new AppError('invalid_request', 'Idempotency-Key has 1 to 200 visible ASCII characters, for example a UUID.')
  }
  const mine = { actorId: request.actor.userId, key }
  const hash = hashRequest(request)
  for (let waited = 0; ; waited += pollMs) {
    if (await insertKey(deps, mine, hash)) return mine
    const row = await readKey(deps.db, mine)
    if (row === undefined) continue
    if (!row.request_hash.equals(hash)) {
      throw new AppError('idempotency_conflict', 'This Idempotency-Key was used for another request. Choose a new key.')
    }
    if (row.status !== null) {
      sendKept(deps, reply, mine, row.status, row.answer)
      return undefined
    }
    const leaseOver = addMilliseconds(row.created_at, leaseMs) < deps.clock.now()
    if (leaseOver && row.committed_at !== null) throw answerLost()
    if (leaseOver && (await takeOver(deps, mine, row.created_at))) return mine
    if (waited >= waitMs)
      throw new AppError('conflict', 'The first request with this key is still running. Ask again in a moment.')
    await wait(pollMs)
  }
}

function hashRequest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`)
  // The type of an upload names the boundary of its parts, which a repeat draws anew.
  if (request.contentDigest !== null) return hash.update(request.contentDigest).digest()
  return hash
    .update(`${request.headers['content-type'] ?? ''}\n`)
    .update(request.body === undefined ? '' : JSON.stringify(request.body))
    .digest()
}

async function insertKey(deps: Parts, mine: Claim, hash: Buffer): Promise<boolean> {
  const row = await deps.db
    .insertInto('idempotency_key')
    .values({ actor_id: mine.actorId, key: mine.key, request_hash: hash, created_at: deps.clock.now() })
    .onConflict((conflict) => conflict.columns(['actor_id', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst()
  return row !== undefined
}

function readKey(db: Db, mine: Claim) {
  return db
    .selectFrom('idempotency_key')
    .select(['request_hash', 'status', 'answer', 'created_at', 'committed_at'])
    .where('actor_id', '=', mine.actorId)
    .where('key', '=', mine.key)
    .executeTakeFirst()
}

async function takeOver(deps: Parts, mine: Claim, since: string): Promise<boolean> {
  const row = await deps.db
    .updateTable('idempotency_key')
    .set({ created_at: deps.clock.now() })
    .where('actor_id', '=', mine.actorId)
    .where('key', '=', mine.key)
    .where('created_at', '=', since)
    .where('status', 'is', null)
    .where('committed_at', 'is', null)
    .returning('key')
    .executeTakeFirst()
  return row !== undefined
}

async function markCommitted(tx: Tx, mine: Claim): Promise<void> {
  await tx
    .updateTable('idempotency_key')
    .set((expression) => ({ committed_at: expression.ref('created_at') }))
    .where('actor_id', '=', mine.actorId)
    .where('key', '=', mine.key)
    .execute()
}

function answerLost(cause?: unknown): AppError {
  return new AppError(
    'conflict',
    'The first request with this key was carried out, but its answer was lost. Look at the list before you send it again with a new key.',
    { cause },
  )
}

function sendKept(deps: Parts, reply: FastifyReply, mine: Claim, status: number, answer: string | null): void {
  const kept = answer === null ? { type: '', body: '' } : openAnswer(deps, mine, answer)
  void reply
    .code(status)
    .header('idempotency-replayed', 'true')
    .type(kept.type === '' ? 'application/json; charset=utf-8' : kept.type)
    .serializer((text: string) => text)
    .send(kept.body)
}

/** What was sealed under another key of the secret box is lost. */
function openAnswer({ secretBox }: Parts, mine: Claim, answer: string): { type: string; body: string } {
  try {
    return JSON.parse(secretBox.open(Buffer.from(answer, 'base64'), context(mine))) as { type: string; body: string }
  } catch (error) {
    throw answerLost(error)
  }
}

/** An answer may carry a secret that is shown once, so it is kept sealed. */
async function settle(deps: Parts, mine: Claim, reply: FastifyReply, payload: unknown): Promise<void> {
  try {
    if (!isFinal(reply.statusCode) || !(typeof payload === 'string' || payload === undefined || payload === null))
      return await release(deps.db, mine)
    const answer = deps.secretBox.seal(
      JSON.stringify({ type: String(reply.getHeader('content-type') ?? ''), body: payload ?? '' }),
      context(mine),
    )
    await deps.db
      .updateTable('idempotency_key')
      .set({ status: reply.statusCode, answer: answer.toString('base64') })
      .where('actor_id', '=', mine.actorId)
      .where('key', '=', mine.key)
      .execute()
  } catch (error) {
    // The key stays without an answer: a repeat is told, and is never carried out twice.
    deps.log.warn({ err: error }, 'the answer to an idempotent call could not be kept')
  }
}

/** Answers that a repeat may change: too many requests, and every failure of ours. */
function isFinal(status: number): boolean {
  return status < 500 && status !== errorStatus.too_many_requests
}

/** Lets a repeat be carried out, unless the call committed something before it failed. */
async function release(db: Db, mine: Claim): Promise<void> {
  await db
    .deleteFrom('idempotency_key')
    .where('actor_id', '=', mine.actorId)
    .where('key', '=', mine.key)
    .where('committed_at', 'is', null)
    .execute()
}

function context(mine: Claim): string {
  return `idempotency ${mine.actorId} ${mine.key}`
}
