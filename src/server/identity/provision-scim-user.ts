import { isDeepStrictEqual } from 'node:util'
import SCIMMY from 'scimmy'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { offboard, onboardAgain } from './deactivate-person.ts'
import { ensureFirm } from './ensure-firm.ts'
import { enterNewcomer, personRecord, subjectOf } from './enter-newcomer.ts'
import { lockPerson } from './people-queries.ts'
import { findUnitBySlug } from './queries.ts'
import { issuerName } from './read-claims.ts'
import { scimActor } from './scim-actor.ts'
import { notFound } from './scim-error.ts'
import {
  findSamePerson,
  findScimUser,
  findUserName,
  forgetScimUser,
  insertScimUser,
  removeFromAllGroups,
  updateScimUser,
} from './scim-queries.ts'
import {
  patchScimUser,
  readScimPerson,
  readScimUser,
  userTag,
  type Attributes,
  type ScimPerson,
  type ScimUserRow,
} from './scim-resources.ts'
import { requireVersion } from './scim-version.ts'
import { syncScimRoles } from './sync-scim-roles.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>

/** Enters a person, or goes on with the one whom the provider already vouched for under the same external id. */
export async function createScimUser(deps: Parts, body: Attributes): Promise<ScimUserRow> {
  const scim = readScimUser(body)
  const person = readScimPerson(scim)
  return (
    (await enterNewcomer(deps, person, scim)) ?? inTransaction(deps.db, (tx) => enterPerson(deps, tx, person, scim))
  )
}

async function enterPerson(deps: Parts, tx: Tx, person: ScimPerson, scim: Attributes): Promise<ScimUserRow> {
  const now = deps.clock.now()
  if ((await findUserName(tx, person.userName)) !== undefined) throw taken(person)
  const unitId = await unitOf(tx, person, now)
  const issuer = issuerName(deps.config)
  const same = person.externalId === null ? undefined : await findSamePerson(tx, issuer, person.externalId)
  if (same?.scim != null) throw taken(person)
  const entry = { id: same?.id ?? newId(now), unitId, person, scim }
  if (same === undefined) await insertScimUser(tx, { ...entry, issuer, subject: subjectOf(entry) }, now)
  else await updateScimUser(tx, entry, now)
  const type = same === undefined ? 'user.provisioned' : 'user.updated'
  await appendRecord(tx, scimActor, personRecord(type, entry, now))
  await setAccess(deps, tx, entry.id, person.active, now)
  return mustFind(tx, entry.id)
}

/** `ifMatch` is the version that the client last saw; another one is refused (412). */
export function replaceScimUser(deps: Parts, id: string, body: Attributes, ifMatch?: string): Promise<ScimUserRow> {
  return changeScimUser(deps, id, ifMatch, async () => readScimUser(body))
}

export function applyScimPatch(deps: Parts, id: string, body: Attributes, ifMatch?: string): Promise<ScimUserRow> {
  return changeScimUser(deps, id, ifMatch, (row) => patchScimUser(row, body))
}

/** Off-boards and forgets the client's view; the person and all that they did stay. */
export async function deleteScimUser(deps: Parts, id: string, ifMatch?: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const person = await lockPerson(tx, id)
    const row = await findScimUser(tx, id)
    if (person === undefined || row === undefined) throw notFound()
    requireVersion(ifMatch, userTag(row))
    const now = deps.clock.now()
    await removeFromAllGroups(tx, id)
    await offboard(tx, scimActor, person, 'Removed by the provisioning client', now)
    await forgetScimUser(tx, id, now)
    await appendRecord(tx, scimActor, {
      type: 'scim.synchronised',
      at: now,
      streams: { user: id },
      body: { resource: 'User', operation: 'delete', userId: id },
    })
  })
}

async function changeScimUser(
  deps: Parts,
  id: string,
  ifMatch: string | undefined,
  change: (row: ScimUserRow) => Promise<Attributes>,
): Promise<ScimUserRow> {
  return inTransaction(deps.db, async (tx) => {
    const locked = await lockPerson(tx, id)
    const row = locked === undefined ? undefined : await findScimUser(tx, id)
    if (row === undefined) throw notFound()
    requireVersion(ifMatch, userTag(row))
    const now = deps.clock.now()
    const scim = await change(row)
    const person = readScimPerson(scim)
    const holder = await findUserName(tx, person.userName)
    if (holder !== undefined && holder.id !== id) throw taken(person)
    const unitId = await unitOf(tx, person, now)
    if (!isDeepStrictEqual(scim, row.scim)) {
      const entry = { id, unitId, person, scim }
      await updateScimUser(tx, entry, now)
      await appendRecord(tx, scimActor, personRecord('user.updated', entry, now))
    }
    await setAccess(deps, tx, id, person.active, now)
    return mustFind(tx, id)
  })
}

/** Brings access in line with `active`, and roles with the groups of whoever has access. */
async function setAccess(deps: Parts, tx: Tx, id: string, active: boolean, now: Instant): Promise<void> {
  const person = await lockPerson(tx, id)
  if (person === undefined || person.active === active) return
  if (!active) return offboard(tx, scimActor, person, 'Deactivated by the provisioning client', now)
  await onboardAgain(tx, scimActor, person, 'Activated by the provisioning client', now)
  await syncScimRoles(deps, tx, [id], now)
}

async function unitOf(tx: Tx, person: ScimPerson, now: Instant): Promise<string> {
  const named = person.unitSlug === undefined ? undefined : await findUnitBySlug(tx, person.unitSlug)
  return (named ?? (await ensureFirm(tx, now))).id
}

async function mustFind(tx: Tx, id: string): Promise<ScimUserRow> {
  const row = await findScimUser(tx, id)
  if (row === undefined) throw notFound()
  return row
}

function taken(person: ScimPerson): Error {
  return new SCIMMY.Types.Error(409, 'uniqueness', `The userName “${person.userName}” or its externalId is in use.`)
}
