import { isSealed } from '#server/archive/is-sealed.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { NetworkError, type Network, type NetworkAccount, type Published } from '#server/platform/network.ts'
import { newId } from '#server/platform/new-id.ts'
import { needReauthorisation } from '#server/profiles/need-reauthorisation.ts'
import { openAccount, readMedia } from './network-account.ts'
import { mustLookUpFirst, sendingSince } from './look-up-first.ts'
import { inLanes } from './network-lanes.ts'
import {
  findDueSteps,
  hasOpenAttempt,
  holdProfileState,
  insertAttempt,
  keepLease,
  updatePublication,
  type DueStep,
} from './queries.ts'
import { readGateState } from './read-gate-state.ts'
import { refuseRelease, type GateState } from './release-gate.ts'
import { refuse } from './release-publications.ts'
import { publicationRecord, settlePublication } from './settle-publication.ts'
import { settleFailure, settleSuccess } from './settle-attempt.ts'

export type PublishDeps = Pick<Deps, 'db' | 'clock' | 'networks' | 'secretBox' | 'objectStore' | 'log'>

/** After it, an attempt that nobody finished or said to be alive counts as unseen. */
const leaseMilliseconds = 90_000
const unsealedRestMilliseconds = 200
/** A request that was not answered may still be at work, and where a repeat makes a second post "not there" must be final. */
const stillAtWorkMilliseconds = 60_000

interface Claim {
  readonly state: GateState
  readonly network: Network
  readonly account: NetworkAccount
  readonly number: number
}

/** Job: sends what the gate released and the object store has sealed, on one network or all. Claim (tx) → call → settle (tx). */
export async function attemptPublications(deps: PublishDeps, network?: string): Promise<number> {
  let sent = 0
  const began = await sendingSince(deps)
  if (began === undefined) return 0
  await inLanes(
    await findDueSteps(deps.db, 'attempt', deps.clock.now(), { network }),
    async ({ postId, publicationId }) => {
      const claim = await claimAttempt(deps, began, { postId, publicationId })
      if (claim === undefined) return true
      sent += 1
      return sendClaimed(deps, claim)
    },
  )
  return sent
}

async function claimAttempt(
  deps: PublishDeps,
  began: Instant,
  { postId, publicationId }: Pick<DueStep, 'postId' | 'publicationId'>,
): Promise<Claim | undefined> {
  return inTransaction(deps.db, async (tx) => {
    const state = await readGateState(tx, postId, publicationId, deps.clock.now())
    if (state === undefined) return undefined
    const network = deps.networks.get(state.publication.network)!
    if (!(await mayAttempt(tx, state, network.repeatable, began))) return undefined
    const account = await openConnected(deps, tx, state)
    if (account === undefined) return undefined
    return { state, network, account, number: await beginAttempt(tx, state) }
  })
}

/** The account to publish on; where its credential does not open (the key was exchanged), its profile waits to be connected. */
async function openConnected(deps: PublishDeps, tx: Tx, state: GateState): Promise<NetworkAccount | undefined> {
  const { profileId } = state.publication
  const profile = await holdProfileState(tx, profileId)
  try {
    return openAccount(deps, profileId, profile)
  } catch (error) {
    deps.log.error(
      { err: error, profile: profileId },
      'a credential cannot be opened, its profile must be connected anew',
    )
    await needReauthorisation(tx, profileId, state.now)
    const lost = { ...state, profileStatus: 'needs_reauthorisation' }
    await refuse(tx, lost, refuseRelease(lost)!)
    return undefined
  }
}

/** Asks the gate once more, and whether the evidence is sealed; where one of them says no, writes down what comes next. */
async function mayAttempt(tx: Tx, state: GateState, repeatable: boolean, began: Instant): Promise<boolean> {
  const { publication, now } = state
  const { publicationId, releaseRecordId } = publication
  if (publication.status !== 'publishing') return false
  if (publication.leaseUntil !== null && publication.leaseUntil >= now) return false
  if (await hasOpenAttempt(tx, publicationId)) {
    // We died between the call and its settlement: the outcome was not seen, so it is looked up and never guessed.
    const sentence = 'The gateway stopped during the attempt; the network is being asked.'
    await settlePublication(tx, state, now, {
      change: { status: 'unconfirmed', next_attempt_at: now, lease_until: null, last_error: sentence },
      type: 'publication.unconfirmed',
      body: { sentence },
    })
    return false
  }
  const lookUp = await mustLookUpFirst(tx, state, repeatable, began)
  if (lookUp !== undefined) {
    await settlePublication(tx, state, now, lookUp)
    return false
  }
  const refusal = refuseRelease(state)
  if (refusal !== undefined) {
    await refuse(tx, state, refusal)
    return false
  }
  if (releaseRecordId !== null && publication.stampedPayload !== null && (await isSealed(tx, releaseRecordId)))
    return true
  await updatePublication(tx, publicationId, now, { next_attempt_at: addMilliseconds(now, unsealedRestMilliseconds) })
  return false
}

/** An attempt with its lease and its record, before the network is called. Answers its number, from 1. */
async function beginAttempt(tx: Tx, state: GateState): Promise<number> {
  const { publication, now } = state
  const { publicationId } = publication
  const number = publication.attempts + 1
  await insertAttempt(tx, { id: newId(now), publicationId, number, at: now })
  await updatePublication(tx, publicationId, now, {
    attempts: number,
    lease_until: addMilliseconds(now, leaseMilliseconds),
  })
  await appendRecord(
    tx,
    systemActor,
    publicationRecord(state, now, 'publication.attempted', { attempt: number, payload: publication.stampedPayload }),
  )
  return number
}

/** False where the network did not answer, or wants nothing more from this profile now. */
async function sendClaimed(deps: PublishDeps, claim: Claim): Promise<boolean> {
  const answer = await callNetwork(deps, claim)
  const step = {
    postId: claim.state.post.postId,
    publicationId: claim.state.publication.publicationId,
    attempt: claim.number,
    askAfter: claim.network.repeatable ? 0 : stillAtWorkMilliseconds,
  }
  if (!(answer instanceof NetworkError)) {
    await settleSuccess(deps, step, answer)
    return true
  }
  await settleFailure(deps, step, answer)
  return answer.nextStep === 'rejected' || answer.nextStep === 'duplicate'
}

/** The one call. A film takes minutes to send: while the call is under way its lease is lengthened, so that nobody takes it for dead. */
async function callNetwork(
  deps: PublishDeps,
  { network, account, state, number }: Claim,
): Promise<Published | NetworkError> {
  const { publicationId, stampedPayload } = state.publication
  const lengthen = () => {
    const until = addMilliseconds(deps.clock.now(), leaseMilliseconds)
    keepLease(deps.db, { publicationId, attempt: number }, until).catch((error: unknown) =>
      deps.log.warn({ err: error, publication: publicationId }, 'the lease of an attempt could not be lengthened'),
    )
  }
  const alive = setInterval(lengthen, leaseMilliseconds / 3).unref()
  try {
    return await network.publish(account, stampedPayload!, (mediaId) => readMedia(deps, mediaId))
  } catch (error) {
    if (error instanceof NetworkError) return error
    // A fault of the adapter tells nothing about what the network did: it is an outcome that we could not see.
    deps.log.error({ err: error, publication: publicationId }, 'network adapter failed by a bug')
    return new NetworkError('outcome_unknown', 'The adapter failed; the network is being asked.', { cause: error })
  } finally {
    clearInterval(alive)
  }
}
