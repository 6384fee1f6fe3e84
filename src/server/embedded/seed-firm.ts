import { systemActor } from '#server/platform/actor.ts'
import type { Deps } from '#server/platform/deps.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'

const handle = 'meridian-bank'

/** Gives the evaluation firm a connected profile on the Sandbox, so that a first post has somewhere to go. */
export async function seedFirm(deps: Deps): Promise<void> {
  const known = await deps.db
    .selectFrom('profile')
    .select(['id', 'status'])
    .where('network', '=', 'sandbox')
    .where('handle', '=', handle)
    .executeTakeFirst()
  if (known !== undefined && known.status !== 'registered') return
  const profileId = known?.id ?? (await registerSandbox(deps))
  await connectProfile(deps, systemActor, profileId, { credential: 'evaluation' })
}

async function registerSandbox(deps: Deps): Promise<string> {
  const firm = await deps.db.selectFrom('unit').select('id').where('parent_id', 'is', null).executeTakeFirstOrThrow()
  const displayName = 'Meridian Bank'
  const wish = { network: 'sandbox', handle, displayName, unitId: firm.id, settings: { displayName } }
  return (await registerProfile(deps, systemActor, wish)).profileId
}
