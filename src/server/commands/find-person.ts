import { loadActor } from '#server/identity/load-actor.ts'
import { holdsPermission, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Permission } from '#shared/permissions.ts'

/**
 * The person in whose name and within whose rights a command acts, by e-mail or subject. Throws `not_found`, or `forbidden`
 * where they lack the permission; `verb` is what they then may not do.
 */
export async function findPerson(
  deps: Pick<Deps, 'db' | 'clock'>,
  person: string,
  permission: Permission,
  verb: string,
): Promise<Actor> {
  const row = await deps.db
    .selectFrom('app_user')
    .select('id')
    .where((where) => where.or([where('email', '=', person), where('subject', '=', person)]))
    .executeTakeFirst()
  const actor = row === undefined ? undefined : await loadActor(deps.db, row.id, deps.clock.now())
  if (actor === undefined) throw new AppError('not_found', `Nobody called “${person}” is known and active here.`)
  if (!holdsPermission(actor, permission)) throw new AppError('forbidden', `${person} may not ${verb}.`)
  return actor
}
