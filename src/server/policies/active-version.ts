import type { Db, Tx } from '#server/platform/database.ts'
import { findActiveVersion } from './queries.ts'

/** The version in force, by its SHA-256; undefined while no policy is active, and then nothing is released. */
export async function readActiveVersion(db: Db | Tx): Promise<string | undefined> {
  return findActiveVersion(db)
}
