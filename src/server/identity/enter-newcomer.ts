import type { Instant } from '#server/platform/clock.ts'
import { hasMoreToCommit } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { toRecord, type RecordDraft } from '#server/archive/append-record.ts'
import { issuerName } from './read-claims.ts'
import { scimActor } from './scim-actor.ts'
import { enterScimUsers, findUnitOfNewcomer, type ScimEntry } from './scim-queries.ts'
import type { Attributes, ScimPerson, ScimUserRow } from './scim-resources.ts'

/**
 * Enters somebody of whom nothing is known yet, as almost everybody is when a firm is provisioned: two statements, which
 * people who are entered at the same moment share. `undefined` when more than that is to be looked at, and when somebody
 * else entered the same name meanwhile.
 */
export async function enterNewcomer(
  deps: Pick<Deps, 'db' | 'clock' | 'config'>,
  person: ScimPerson,
  scim: Attributes,
): Promise<ScimUserRow | undefined> {
  if (!person.active || hasMoreToCommit()) return undefined
  const issuer = issuerName(deps.config)
  const unitId = await findUnitOfNewcomer(deps.db, { issuer, ...person })
  if (unitId === null) return undefined
  const now = deps.clock.now()
  const entry = { id: newId(now), unitId, person, scim }
  const record = toRecord(scimActor, personRecord('user.provisioned', entry, now))
  try {
    const version = await enterScimUsers(deps.db, { entry, issuer, subject: subjectOf(entry), record, now })
    return toRow(entry, version, now)
  } catch (error) {
    if ((error as { code?: unknown }).code === '23505') return undefined
    throw error
  }
}

/** Under which subject the provider will know them, as far as that is known. */
export function subjectOf({ id, person }: ScimEntry): string {
  return person.externalId ?? `scim:${id}`
}

/** What is recorded of a person who is entered or changed. */
export function personRecord(
  type: 'user.provisioned' | 'user.updated',
  { id, unitId, person }: ScimEntry,
  now: Instant,
): RecordDraft {
  const { userName, externalId, displayName, email, locale, active } = person
  return {
    type,
    at: now,
    streams: { user: id, unit: unitId },
    body: { userId: id, userName, externalId, displayName, email, locale, active, unitId, source: 'scim' },
    searchText: displayName,
  }
}

/** Somebody who was just entered, as a second look would find them. */
function toRow({ id, person, scim }: ScimEntry, version: string, now: Instant): ScimUserRow {
  const { userName, externalId } = person
  return { id, userName, externalId, active: true, scim, createdAt: now, updatedAt: now, version, groups: [] }
}
