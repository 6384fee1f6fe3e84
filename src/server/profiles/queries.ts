import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { scopeUnits } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Profile } from '#shared/api/profiles.ts'

/** A profile as its room works with it; `unitPath` runs from the firm down. */
export interface ProfileRow extends Profile {
  readonly unitPath: readonly string[]
  readonly settings: Record<string, unknown>
  readonly credential: Buffer | null
}

function selectProfiles(db: Db | Tx) {
  return db
    .selectFrom('profile')
    .innerJoin('unit', 'unit.id', 'profile.unit_id')
    .select([
      'profile.id as profileId',
      'profile.network',
      'profile.handle',
      'profile.display_name as displayName',
      'profile.unit_id as unitId',
      'unit.name as unitName',
      'unit.path as unitPath',
      'profile.status',
      'profile.remote_account_id as remoteAccountId',
      'profile.settings',
      'profile.credential',
      'profile.created_at as createdAt',
    ])
}

/** The profiles that the actor's authors may speak through: those of the actor's units, of units below and of units above. */
export async function findProfilesInScope(db: Db, actor: Actor): Promise<ProfileRow[]> {
  const units = scopeUnits(actor, 'profile.read')
  if (units.length === 0) return []
  const rows = await selectProfiles(db)
    .where(
      sql<boolean>`unit.path && ${units}::uuid[] or unit.id in (select u from unit own, unnest(own.path) u where own.id = any(${units}::uuid[]))`,
    )
    .orderBy('profile.network')
    .orderBy('profile.handle')
    .execute()
  return rows as ProfileRow[]
}

export async function findProfile(db: Db | Tx, profileId: string): Promise<ProfileRow | undefined> {
  return (await selectProfiles(db).where('profile.id', '=', profileId).executeTakeFirst()) as ProfileRow | undefined
}

export async function lockProfile(tx: Tx, profileId: string): Promise<ProfileRow | undefined> {
  return (await selectProfiles(tx).where('profile.id', '=', profileId).forUpdate('profile').executeTakeFirst()) as
    | ProfileRow
    | undefined
}

export interface NewProfile {
  readonly id: string
  readonly network: string
  readonly handle: string
  readonly displayName: string
  readonly unitId: string
  readonly settings: Record<string, unknown>
  readonly at: string
}

export async function insertProfile(tx: Tx, profile: NewProfile): Promise<boolean> {
  const row = await tx
    .insertInto('profile')
    .values({
      id: profile.id,
      network: profile.network,
      handle: profile.handle,
      display_name: profile.displayName,
      unit_id: profile.unitId,
      status: 'registered',
      settings: JSON.stringify(profile.settings),
      created_at: profile.at,
      updated_at: profile.at,
    })
    .onConflict((conflict) => conflict.constraint('profile_handle_unique').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function updateProfile(
  tx: Tx,
  profileId: string,
  at: string,
  change: {
    status: ProfileRow['status']
    credential?: Buffer | null
    remoteAccountId?: string
    settings?: Record<string, unknown>
  },
): Promise<void> {
  await tx
    .updateTable('profile')
    .set({
      status: change.status,
      updated_at: at,
      ...(change.credential === undefined ? {} : { credential: change.credential }),
      ...(change.remoteAccountId === undefined ? {} : { remote_account_id: change.remoteAccountId }),
      ...(change.settings === undefined ? {} : { settings: JSON.stringify(change.settings) }),
    })
    .where('id', '=', profileId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function setNeedsReauthorisation(tx: Tx, profileId: string, at: string): Promise<void> {
  await tx
    .updateTable('profile')
    .set({ status: 'needs_reauthorisation', updated_at: at })
    .where('id', '=', profileId)
    .where('status', '=', 'connected')
    .execute()
}
