import { hash, timingSafeEqual } from 'node:crypto'
import { systemUserId, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Config } from '#server/platform/config.ts'

/** The provisioning client in records. It holds no role: its token opens `/scim/v2` and nothing else. */
export const scimActor: Actor = {
  kind: 'token',
  userId: '00000000-0000-0000-0000-000000000001',
  displayName: 'Provisioning client',
  unitId: systemUserId,
  unitPath: [],
  grants: [],
}

/** Throws `unauthenticated` unless the request carries the provisioning client's token; without one configured, always. */
export function authenticateScim(config: Pick<Config, 'scimToken'>, bearer: string | undefined): Actor {
  const right = config.scimToken
  if (
    right !== undefined &&
    bearer !== undefined &&
    timingSafeEqual(hash('sha256', right, 'buffer'), hash('sha256', bearer, 'buffer'))
  )
    return scimActor
  throw new AppError(
    'unauthenticated',
    'SCIM takes the provisioning token as “Authorization: Bearer …”. It is set where the gateway is configured.',
  )
}
