import { t } from '@lingui/core/macro'
import type { Person } from '#shared/api/common.ts'

/** Records of what the gateway did by itself bear this id; the name beside it is the program's, in English. */
const gatewayId = '00000000-0000-0000-0000-000000000000'

/** Was it a person who did this? */
export function isPerson(actor: Person | null): actor is Person {
  return actor !== null && actor.userId !== gatewayId
}

export function actorName(actor: Person | null): string {
  return isPerson(actor) ? actor.displayName : t`The gateway itself`
}
