import { systemActor } from '#server/platform/actor.ts'
import { copyName, timestampName } from '#server/platform/anchors.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { HttpError } from '#server/platform/http.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { parseWitnessKey } from '#shared/tlog/cosignature.ts'
import { AnchorError } from './anchor-error.ts'
import { noteFailing, noteReported, noteWorking, type AnchorKind } from './anchor-queries.ts'
import { appendRecord } from './append-record.ts'
import { copyCheckpoint } from './copy-checkpoint.ts'
import { cosignCheckpoint } from './cosign-checkpoint.ts'
import { readSealed } from './seal-queries.ts'
import { stampCheckpoint } from './stamp-checkpoint.ts'
import { withAdvisoryLock } from './with-advisory-lock.ts'

export type AnchorDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner' | 'anchors' | 'log'>

/** The sealed checkpoint that is to be shown. */
export interface Shown {
  readonly treeSize: number
  readonly note: string
}

interface Anchor {
  readonly name: string
  readonly kind: AnchorKind
  /** Shows what is sealed; throws `AnchorError`, `HttpError` or `ObjectStoreError` when that fails. */
  show(sealed: Shown): Promise<void>
}

/** An anchor that does not answer is an incident after this long; one that contradicts us is one at once. */
const patienceMilliseconds = 10 * 60_000

/**
 * Job: shows the newest sealed checkpoint to every anchor that is configured. Sealing and publishing do not wait for it:
 * what fails is noted, becomes an incident, and is tried again.
 */
export async function anchorCheckpoints(deps: AnchorDeps): Promise<void> {
  const anchors = listAnchors(deps)
  if (anchors.length === 0) return
  const { treeSize, note } = await readSealed(deps.db)
  if (note === undefined) return
  await withAdvisoryLock(deps.db, 'anchors', async () => {
    for (const anchor of anchors) await showTo(deps, anchor, { treeSize, note })
  })
}

function listAnchors(deps: AnchorDeps): Anchor[] {
  const { store, timestamp, witnesses = [] } = deps.anchors ?? {}
  const anchors: Anchor[] = []
  if (store !== undefined)
    anchors.push({ name: copyName, kind: 'bucket', show: (sealed) => copyCheckpoint(deps, store, sealed) })
  if (timestamp !== undefined)
    anchors.push({
      name: timestampName(timestamp),
      kind: 'timestamp',
      show: (sealed) => stampCheckpoint(deps, timestamp, sealed),
    })
  for (const witness of witnesses)
    anchors.push({
      name: parseWitnessKey(witness.verifierKey).name,
      kind: 'witness',
      show: (sealed) => cosignCheckpoint(deps, witness, sealed),
    })
  return anchors
}

async function showTo(deps: AnchorDeps, anchor: Anchor, sealed: Shown): Promise<void> {
  try {
    await anchor.show(sealed)
    await noteWorking(deps.db, anchor.name, anchor.kind)
  } catch (error) {
    if (!(error instanceof AnchorError || error instanceof HttpError || error instanceof ObjectStoreError)) throw error
    const isContradiction =
      error instanceof AnchorError ? error.isContradiction : error instanceof ObjectStoreError && !error.retryable
    await noteFailure(deps, anchor, error.message, isContradiction)
    deps.log.warn({ err: error, anchor: anchor.name }, 'an anchor did not take the checkpoint')
  }
}

async function noteFailure(deps: AnchorDeps, anchor: Anchor, failure: string, isContradiction: boolean): Promise<void> {
  const now = deps.clock.now()
  await inTransaction(deps.db, async (tx) => {
    const state = await noteFailing(tx, anchor.name, anchor.kind, failure, now)
    const isLong = Date.parse(now) - Date.parse(state.failingSince) >= patienceMilliseconds
    if (state.reported || !(isContradiction || isLong)) return
    const sentence = isContradiction
      ? `The anchor "${anchor.name}" contradicts the log: ${failure}`
      : `The anchor "${anchor.name}" has not taken a checkpoint since ${state.failingSince}: ${failure}`
    await noteReported(tx, anchor.name)
    await appendRecord(tx, systemActor, {
      type: 'archive.incident',
      at: now,
      streams: {},
      body: { kind: isContradiction ? 'anchor_contradicts' : 'anchor_failing', sentence },
      searchText: sentence,
      language: 'en',
    })
  })
}
