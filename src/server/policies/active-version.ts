import type { Db, Tx } from '#server/platform/database.ts'
import type { PolicyFileSource } from './load-policy.ts'
import { findActiveVersion, findVersion } from './queries.ts'

/** The version in force, by its SHA-256; undefined while no policy is active, and then nothing is released. */
export async function readActiveVersion(db: Db | Tx): Promise<string | undefined> {
  return findActiveVersion(db)
}

/** The files of a stored version; undefined when there is none of that name. */
export async function readVersionFiles(db: Db | Tx, version: string): Promise<PolicyFileSource[] | undefined> {
  return (await findVersion(db, version))?.files
}
