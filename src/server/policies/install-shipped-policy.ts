import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { switchAndRecord } from './activate-policy-version.ts'
import { loadPolicy, type PolicyFileSource } from './load-policy.ts'
import { findActiveVersion, insertVersion } from './queries.ts'

/**
 * Gives a new installation the shipped packs, so that the first post already meets a policy. Does nothing once any
 * version is active: from then on versions go live through two people.
 */
export async function installShippedPolicy(
  deps: Pick<Deps, 'db' | 'clock'>,
  files: readonly PolicyFileSource[],
): Promise<void> {
  if ((await findActiveVersion(deps.db)) !== undefined) return
  const policy = loadPolicy([...files])
  await inTransaction(deps.db, async (tx) => {
    const at = deps.clock.now()
    const note = 'Shipped with the program: a starting point, not legal advice.'
    await insertVersion(tx, {
      version: policy.version,
      files,
      ruleCount: policy.rules.length,
      note,
      createdBy: null,
      at,
    })
    await appendRecord(tx, systemActor, {
      type: 'policy.version_created',
      at,
      streams: { policy: policy.version },
      body: { version: policy.version, note, files: files.map((file) => ({ path: file.path, text: file.text })) },
    })
    await switchAndRecord(tx, systemActor, policy.version, {
      at,
      reason: note,
      simulationId: null,
      exception: 'shipped',
    })
  })
}
