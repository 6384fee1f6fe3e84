import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Tx } from '#server/platform/database.ts'

/**
 * A policy binds everybody, so what puts it in force needs the permission on the firm itself: policy owners of a unit
 * draft and simulate. Throws `forbidden`.
 */
export async function requireFirm(tx: Tx, actor: Actor): Promise<void> {
  if ((await readScope(tx, actor, 'policy.approve')) === 'everything') return
  throw new AppError('forbidden', 'A policy binds the whole firm: a policy owner of the firm must do this.')
}
