import SCIMMY from 'scimmy'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { scimActor } from './scim-actor.ts'
import { notFound } from './scim-error.ts'
import {
  addMembers,
  deleteScimGroupRow,
  findScimGroup,
  insertScimGroup,
  listMemberIds,
  lockScimGroup,
  removeMembers,
  renameScimGroup,
} from './scim-queries.ts'
import {
  isObject,
  memberIds,
  readExternalId,
  readGroupName,
  readScimGroup,
  type Attributes,
  type ScimGroupRow,
} from './scim-resources.ts'
import { entityTag, requireVersion } from './scim-version.ts'
import { syncScimRoles } from './sync-scim-roles.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>

/** What one operation makes of a group, gathered while it is applied. */
interface Touched {
  readonly operation: 'create' | 'replace' | 'patch' | 'delete'
  readonly id: string
  readonly formerName: string
  readonly added: string[]
  readonly removed: string[]
  displayName: string
  externalId: string | null
}

/** Enters a group; whoever is in it gets the roles to which its name is mapped. */
export async function createScimGroup(deps: Parts, body: Attributes): Promise<ScimGroupRow> {
  const group = readScimGroup(body)
  return inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const id = newId(now)
    if (!(await insertScimGroup(tx, { id, ...group, now })))
      throw new SCIMMY.Types.Error(409, 'uniqueness', `The group “${group.displayName}” exists.`)
    const added = await addMembers(tx, id, group.members)
    const { displayName, externalId } = group
    const touched = { id, formerName: displayName, displayName, externalId, added, removed: [] }
    await settle(deps, tx, { operation: 'create', ...touched }, now)
    return mustFind(tx, id)
  })
}

/** `ifMatch` is the version that the client last saw; another one is refused (412). */
export function replaceScimGroup(deps: Parts, id: string, body: Attributes, ifMatch?: string): Promise<ScimGroupRow> {
  const group = readScimGroup(body)
  return changeScimGroup(deps, id, { operation: 'replace', ifMatch }, async (tx, touched) => {
    touched.displayName = group.displayName
    touched.externalId = group.externalId
    await setMembers(tx, group.members, touched)
  })
}

/** PATCH by the operations that provisioning clients send for groups; large groups are changed row by row, not rewritten. */
export function applyScimGroupPatch(
  deps: Parts,
  id: string,
  body: Attributes,
  ifMatch?: string,
): Promise<ScimGroupRow> {
  // Checks the message itself; its own way of applying would load every member.
  void new SCIMMY.Messages.PatchOp(body as never)
  const operations = body['Operations'] as readonly Attributes[]
  return changeScimGroup(deps, id, { operation: 'patch', ifMatch }, async (tx, touched) => {
    for (const operation of operations) await applyOperation(tx, operation, touched)
  })
}

/** Removes a group; its members lose what came from it. */
export async function deleteScimGroup(deps: Parts, id: string, ifMatch?: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const group = await lockScimGroup(tx, id)
    if (group === undefined) throw notFound()
    requireVersion(ifMatch, entityTag(group.version))
    const removed = await removeMembers(tx, id, await listMemberIds(tx, id))
    await deleteScimGroupRow(tx, id)
    const now = deps.clock.now()
    await settle(deps, tx, { ...untouched(group, 'delete'), removed }, now)
  })
}

async function changeScimGroup(
  deps: Parts,
  id: string,
  { operation, ifMatch }: { readonly operation: 'replace' | 'patch'; readonly ifMatch: string | undefined },
  change: (tx: Tx, touched: Touched) => Promise<void>,
): Promise<ScimGroupRow> {
  return inTransaction(deps.db, async (tx) => {
    const group = await lockScimGroup(tx, id)
    if (group === undefined) throw notFound()
    requireVersion(ifMatch, entityTag(group.version))
    const now = deps.clock.now()
    const touched = untouched(group, operation)
    await change(tx, touched)
    await renameScimGroup(tx, touched, now)
    await settle(deps, tx, touched, now)
    return mustFind(tx, id)
  })
}

function untouched(
  group: { readonly id: string; readonly display_name: string; readonly external_id: string | null },
  operation: Touched['operation'],
): Touched {
  const { id, display_name: displayName, external_id: externalId } = group
  return { operation, id, formerName: displayName, displayName, externalId, added: [], removed: [] }
}

async function applyOperation(tx: Tx, operation: Attributes, touched: Touched): Promise<void> {
  const verb = String(operation['op']).toLowerCase()
  const path = typeof operation['path'] === 'string' ? operation['path'] : undefined
  const { value } = operation
  if (path === undefined) return applyWhole(tx, verb, value, touched)
  const one = /^members\[value eq "([^"]+)"\]$/i.exec(path)?.[1]
  if (one !== undefined && verb === 'remove')
    return void touched.removed.push(...(await removeMembers(tx, touched.id, memberIds(one))))
  if (path.toLowerCase() === 'members') return applyMembers(tx, verb, value, touched)
  if (path === 'displayName' && verb !== 'remove') return void (touched.displayName = readGroupName(value))
  if (path === 'externalId') return void (touched.externalId = verb === 'remove' ? null : readExternalId(value))
  throw new SCIMMY.Types.Error(400, 'invalidPath', `A group has no “${path}” that can be changed.`)
}

async function applyWhole(tx: Tx, verb: string, value: unknown, touched: Touched): Promise<void> {
  if (verb === 'remove') throw new SCIMMY.Types.Error(400, 'noTarget', 'Say what to remove.')
  if (!isObject(value)) throw new SCIMMY.Types.Error(400, 'invalidValue', 'Without a path the value is an object.')
  if ('displayName' in value) touched.displayName = readGroupName(value['displayName'])
  if ('externalId' in value) touched.externalId = readExternalId(value['externalId'])
  if ('members' in value) await applyMembers(tx, verb, value['members'], touched)
}

async function applyMembers(tx: Tx, verb: string, value: unknown, touched: Touched): Promise<void> {
  const { id } = touched
  const ids = memberIds(value)
  if (verb === 'add') touched.added.push(...(await addMembers(tx, id, ids)))
  else if (verb === 'replace') await setMembers(tx, ids, touched)
  else touched.removed.push(...(await removeMembers(tx, id, value === undefined ? await listMemberIds(tx, id) : ids)))
}

async function setMembers(tx: Tx, members: readonly string[], touched: Touched): Promise<void> {
  const { id } = touched
  const wanted = new Set(members)
  const gone = (await listMemberIds(tx, id)).filter((member) => !wanted.has(member))
  touched.removed.push(...(await removeMembers(tx, id, gone)))
  touched.added.push(...(await addMembers(tx, id, members)))
}

/** Roles follow, and the change is a record. A group whose name means no role costs nothing more. */
async function settle(deps: Parts, tx: Tx, touched: Touched, now: Instant): Promise<void> {
  const { operation, id, formerName } = touched
  const means = (name: string) => Object.hasOwn(deps.config.oidc.groupRoles, name)
  if (means(touched.displayName) || means(formerName)) {
    const renamed = touched.displayName !== formerName ? await listMemberIds(tx, id) : []
    await syncScimRoles(deps, tx, [...touched.added, ...touched.removed, ...renamed], now)
  }
  await appendRecord(tx, scimActor, {
    type: 'scim.synchronised',
    at: now,
    streams: {},
    body: {
      resource: 'Group',
      operation,
      groupId: id,
      displayName: touched.displayName,
      formerName,
      added: touched.added,
      removed: touched.removed,
    },
  })
}

async function mustFind(tx: Tx, id: string): Promise<ScimGroupRow> {
  const group = await findScimGroup(tx, id)
  if (group === undefined) throw notFound()
  return group
}
