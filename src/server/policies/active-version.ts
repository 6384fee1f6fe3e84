import type { Db, Tx } from '#server/platform/database.ts'
import type { PolicyFileSource } from './load-policy.ts'
import { findActivation, findActiveVersion, findOnceActive, findVersion } from './queries.ts'

/** The version in force, by its SHA-256; undefined while no policy is active, and then nothing is released. */
export async function readActiveVersion(db: Db | Tx): Promise<string | undefined> {
  return findActiveVersion(db)
}

/** The version in force and when it came into force, null where a program of before entered it. */
export async function readActivation(
  db: Db,
): Promise<{ readonly version: string; readonly activatedAt: string | null } | undefined> {
  return findActivation(db)
}

/** The files of a stored version; undefined when there is none of that name. */
export async function readVersionFiles(db: Db | Tx, version: string): Promise<PolicyFileSource[] | undefined> {
  return (await findVersion(db, version))?.files
}

/** The newest versions that are or were in force, with their files. */
export async function readOnceActive(
  db: Db,
  atMost: number,
): Promise<{ readonly version: string; readonly files: PolicyFileSource[] }[]> {
  return findOnceActive(db, atMost)
}
