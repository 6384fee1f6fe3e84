import { isSamePerson } from '#server/identity/same-person.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'

/** Nobody reviews their own work (law 4), by whichever account. Throws `own_post`. */
export async function refuseOwnPost(db: Db, actor: Actor, authorId: string): Promise<void> {
  if (actor.userId === authorId)
    throw new AppError('own_post', 'You cannot review your own post. A colleague must decide.')
  if (await isSamePerson(db, actor.userId, authorId))
    throw new AppError(
      'own_post',
      'The author’s account and yours share an e-mail address or an employee number, so they count as one person. A colleague must decide. If you are two people, ask your administrator to have both employee numbers sent.',
    )
}
