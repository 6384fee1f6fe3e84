import { newId } from '#server/platform/new-id.ts'
import type { Role } from '#shared/permissions.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** Gives a role behind the API's back, where no two people are wanted for it: at once, or from a later time. */
export async function giveRole(
  gateway: Pick<TestGateway, 'db' | 'clock'>,
  grant: { readonly userId: string; readonly role: Role; readonly unitId: string; readonly from?: string },
): Promise<void> {
  const now = gateway.clock.now()
  await gateway.db
    .insertInto('role_grant')
    .values({
      id: newId(now),
      user_id: grant.userId,
      role: grant.role,
      unit_id: grant.unitId,
      source: 'manual',
      granted_at: grant.from ?? now,
    })
    .execute()
}
