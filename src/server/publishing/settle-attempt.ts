import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { NetworkError, Published } from '#server/platform/network.ts'
import { needReauthorisation } from '#server/profiles/need-reauthorisation.ts'
import { lockPost } from '#server/posts/stored-post.ts'
import type { JsonObject } from '#shared/json.ts'
import { findPublication, finishAttempt, lockPublication, restProfile, type PublicationStatus } from './queries.ts'
import { settlePublication, type Settlement, type Step } from './settle-publication.ts'

type SettleDeps = Pick<Deps, 'db' | 'clock'>

export interface SettledStep {
  readonly postId: string
  readonly publicationId: string
  readonly attempt: number
  /** How long an outcome that was not seen rests before the network is asked. */
  readonly askAfter: number
}

/** Refused this often, a publication is given up and its author told; the last attempt is about a day after the first. */
const attemptsAtMost = 100
const firstPause = 2_000
const longestPause = 15 * 60_000
const longestWish = 24 * 3_600_000

/** What a publication may have become while a network was at work: whatever it is, what the network shows is out. */
const mayStillBeShown: readonly PublicationStatus[] = [
  'publishing',
  'unconfirmed',
  'waiting',
  'stopped',
  'cancelled',
  'failed',
]

/** Writes down that the network shows the post. */
export async function settleSuccess(deps: SettleDeps, step: SettledStep, answer: Published): Promise<void> {
  await inStep(deps, step, async (tx, locked, at) => {
    await finishAttempt(tx, step, { at, outcome: 'published', error: null })
    if (!mayStillBeShown.includes(locked.publication.status))
      return tellSecondCopy(tx, locked, at, { ...answer, attempt: step.attempt })
    await settlePublication(
      tx,
      locked,
      at,
      shown(at, answer, { attempt: step.attempt, request: exchange(answer.requestBytes) }),
    )
  })
}

/** A network that took the same post twice, where a repeat is no repeat to it: an act of ours, so a record and a word to whoever looks. */
async function tellSecondCopy(
  tx: Tx,
  locked: Step,
  at: string,
  { remoteId, permalink, responseBytes, attempt }: Published & Pick<SettledStep, 'attempt'>,
): Promise<void> {
  if (remoteId === locked.publication.remoteId) return
  const sentence = `The network shows the post a second time, at ${permalink}. Delete that copy there by hand.`
  await settlePublication(tx, locked, at, {
    change: { last_error: sentence },
    type: 'publication.answered',
    body: { attempt, nextStep: 'duplicate', sentence, remoteId, permalink, response: exchange(responseBytes) },
  })
}

/** The network shows the post, as it said itself; `evidence` is how we came to know. */
export function shown(
  at: string,
  answer: { readonly remoteId: string; readonly permalink: string; readonly responseBytes: Uint8Array },
  evidence: JsonObject,
): Settlement {
  const { remoteId, permalink } = answer
  return {
    change: {
      status: 'published',
      remote_id: remoteId,
      permalink,
      published_at: at,
      next_attempt_at: at,
      lease_until: null,
      last_error: null,
    },
    type: 'publication.published',
    body: { remoteId, permalink, response: exchange(answer.responseBytes), ...evidence },
  }
}

/** Writes down what the network said instead, and what happens next. */
export async function settleFailure(deps: SettleDeps, step: SettledStep, error: NetworkError): Promise<void> {
  await inStep(deps, step, async (tx, locked, at) => {
    const { profileId, status, attempts } = locked.publication
    // Somebody who found the attempt unfinished has already looked it up, or is sending again: what they see stands.
    if (!['publishing', 'unconfirmed'].includes(status) || attempts !== step.attempt) return
    await finishAttempt(tx, step, { at, outcome: error.nextStep, error: error.message })
    if (error.nextStep === 'reauthorise') await needReauthorisation(tx, profileId, at)
    await settlePublication(tx, locked, at, notShown(at, step, error))
    if (error.retryAt !== undefined) await restProfile(tx, profileId, nextTry(at, error, step.attempt))
  })
}

/** What a network's word, or its silence, makes of a publication. */
function notShown(at: string, step: SettledStep, error: NetworkError): Settlement {
  const body = {
    attempt: step.attempt,
    nextStep: error.nextStep,
    sentence: error.message,
    response: error.responseBytes === undefined ? null : exchange(error.responseBytes),
  }
  const given = { lease_until: null, last_error: error.message }
  if (error.nextStep === 'rejected' || (error.nextStep === 'retry_later' && step.attempt >= attemptsAtMost))
    return { change: { ...given, status: 'failed', next_attempt_at: null }, type: 'publication.failed', body }
  if (error.nextStep === 'outcome_unknown' || error.nextStep === 'duplicate') {
    const next = addMilliseconds(at, step.askAfter)
    return {
      change: { ...given, status: 'unconfirmed', next_attempt_at: next },
      type: 'publication.unconfirmed',
      body,
    }
  }
  const next = nextTry(at, error, step.attempt)
  return { change: { ...given, next_attempt_at: next }, type: 'publication.answered', body }
}

/**
 * When a network is asked again after the attempt of this number, from 1: when it says, not at once and within a day; else after a
 * pause that doubles from two seconds to a quarter of an hour.
 */
export function nextTry(at: Instant, { retryAt }: Pick<NetworkError, 'retryAt'>, attempt: number): Instant {
  const pause = Math.min(longestPause, firstPause * 2 ** Math.min(attempt - 1, 20))
  const wish = retryAt === undefined ? pause : Date.parse(retryAt) - Date.parse(at)
  return addMilliseconds(at, Math.min(Math.max(wish, firstPause), longestWish))
}

async function inStep(
  deps: SettleDeps,
  step: SettledStep,
  settle: (tx: Tx, locked: Step, at: string) => Promise<void>,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockStep(tx, step.postId, step.publicationId)
    if (locked === undefined) return
    await settle(tx, locked, deps.clock.now())
  })
}

/** Locks post and publication, waiting for whoever has them: a settlement must not be lost. */
export async function lockStep(tx: Tx, postId: string, publicationId: string): Promise<Step | undefined> {
  const post = await lockPost(tx, postId)
  // Whoever works on a publication holds its post first, so with the post in hand nobody else holds the publication.
  const publication = (await lockPublication(tx, publicationId)) ?? (await findPublication(tx, publicationId))
  return post === undefined || publication === undefined ? undefined : { post, publication }
}

/** Bytes of an exchange as evidence: readable where they are text, exact in any case. */
export function exchange(bytes: Uint8Array): JsonObject {
  const text = Buffer.from(bytes).toString('utf8')
  const readable = Buffer.from(text, 'utf8').equals(Buffer.from(bytes)) && !text.includes('\u0000')
  return readable ? { text } : { base64: Buffer.from(bytes).toString('base64') }
}
