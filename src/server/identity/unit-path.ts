import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'

/** The units from the firm down to this one, this one included. Throws `not_found`. */
export async function unitPathOf(db: Db, unitId: string): Promise<readonly string[]> {
  const unit = await db.selectFrom('unit').select('path').where('id', '=', unitId).executeTakeFirst()
  if (unit === undefined) throw new AppError('not_found', 'No such unit.')
  return unit.path
}
