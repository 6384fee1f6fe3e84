import { isSamePerson } from '#server/identity/same-person.ts'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { switchAndRecord } from './activate-policy-version.ts'
import { prepareVersion, unloadable } from './compiled-policies.ts'
import {
  findActiveVersion,
  findEmergency,
  findEmergencyStarter,
  findLapsedEmergencies,
  describeVersion,
  findVersion,
  lockSwitch,
  lockVersion,
  markEmergency,
  type PolicyVersionRow,
} from './queries.ts'
import { requireFirm } from './require-firm.ts'
import { findReport } from './require-simulation.ts'
import { runAside } from './run-aside.ts'

const approvalMilliseconds = 24 * 60 * 60_000

/**
 * Starts a draft that only adds block rules, before its second approval. Everybody is bound by it at once; without the
 * approval within 24 hours the last approved version comes back. A second emergency on top of the first does not
 * lengthen that time.
 */
export async function startEmergency(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  version: string,
  reason: string,
): Promise<PolicyVersionRow> {
  const loads = await prepareVersion(deps.db, version)
  const compared = await compareWithActive(deps.db, version)
  return inTransaction(deps.db, async (tx) => {
    await requireFirm(tx, actor)
    await lockSwitch(tx)
    const draft = await lockVersion(tx, version)
    if (draft === undefined) throw new AppError('not_found', 'No such policy version.')
    if (draft.state !== 'draft')
      throw new AppError('wrong_status', `Only a draft starts as an emergency; this version is ${draft.state}.`)
    if (!loads) throw unloadable()
    const active = await findActiveVersion(tx)
    if (active === undefined) throw new AppError('wrong_status', 'No version is active, so there is nothing to add to.')
    if (compared?.active !== active)
      throw new AppError('conflict', 'Another version has just come into force. Look at this one again, then start it.')
    refuseMoreThanBlocking(compared.obstacles)

    const at = deps.clock.now()
    const running = await findEmergency(tx, active)
    const until = running?.until ?? addMilliseconds(at, approvalMilliseconds)
    const fallback = running?.fallback ?? active
    const simulationId = await findReport(tx, version)
    await switchAndRecord(tx, actor, version, {
      at,
      reason,
      simulationId,
      exception: 'emergency',
      emergency: { secondApprovalBy: until, otherwise: fallback },
    })
    await markEmergency(tx, version, { by: actor.userId, until, fallback })
    return (await describeVersion(tx, version))!
  })
}

/**
 * What the draft does besides adding block rules to the version in force: told before anything is locked, because reading
 * long lists takes a while. Versions never change, so what was compared holds as long as the same one is in force.
 */
async function compareWithActive(
  db: Db,
  version: string,
): Promise<{ active: string; obstacles: readonly string[] } | undefined> {
  const active = await findActiveVersion(db)
  if (active === undefined) return undefined
  const [before, after] = [await findVersion(db, active), await findVersion(db, version)]
  if (after === undefined) return undefined
  return { active, obstacles: await runAside('findEmergencyObstacles', before!.files, after.files) }
}

function refuseMoreThanBlocking(obstacles: readonly string[]): void {
  if (obstacles.length === 0) return
  throw new AppError(
    'second_person_required',
    `Only a draft that adds block rules to the active version starts without a second person. ${obstacles[0]}`,
    { problems: obstacles.map((message) => ({ field: 'files', message })) },
  )
}

/** The second approval of a version that is active already: by neither its author nor the person who started it. */
export async function refuseOwnEmergency(tx: Tx, actor: Actor, version: string): Promise<void> {
  const by = await findEmergencyStarter(tx, version)
  if (by !== undefined && (await isSamePerson(tx, actor.userId, by)))
    throw new AppError('second_person_required', 'You started this version; another policy owner must approve it.')
}

/** Job: brings the last approved version back where the second approval of an emergency did not come in time. */
export async function endLapsedEmergencies(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const lapsed = await findLapsedEmergencies(deps.db, deps.clock.now())
  for (const version of lapsed) {
    await inTransaction(deps.db, async (tx) => {
      await lockSwitch(tx)
      await lockVersion(tx, version)
      const emergency = await findEmergency(tx, version)
      const at = deps.clock.now()
      if (emergency === undefined || emergency.until > at) return
      const reason = `The second approval of the emergency version ${version} did not come by ${emergency.until}.`
      const fallback = (await lockVersion(tx, emergency.fallback))!
      // It was in force before, with this report; nothing new goes live.
      const { simulationId } = fallback
      await switchAndRecord(tx, systemActor, fallback.version, {
        at,
        reason,
        simulationId,
        exception: 'emergency_lapsed',
      })
    })
  }
  return lapsed.length
}
