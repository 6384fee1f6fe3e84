import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/** What units and profiles are called today; headers carry only ids. */
export interface Names {
  unit(unitId: string | undefined): string
  profile(profileId: string | undefined): string
}

export async function readNames(db: Db): Promise<Names> {
  const units = await sql<{ id: string; name: string }>`select id, name from unit`.execute(db)
  const profiles = await sql<{
    id: string
    name: string
  }>`select id, network || ' @' || handle as name from profile`.execute(db)
  const lookUp = (rows: readonly { id: string; name: string }[]) => {
    const byId = new Map(rows.map((row) => [row.id, row.name]))
    return (id: string | undefined) => (id === undefined ? '' : (byId.get(id) ?? id))
  }
  return { unit: lookUp(units.rows), profile: lookUp(profiles.rows) }
}
