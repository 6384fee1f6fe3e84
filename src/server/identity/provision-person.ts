import { systemActor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { ensureFirm } from './ensure-firm.ts'
import { findUnitBySlug, insertUser, lockUserBySubject, updateUser } from './queries.ts'
import type { PersonClaims } from './read-claims.ts'

/**
 * Enters the person at the first sign-in and brings name, e-mail, language and unit up to date at each. Locks the
 * person's row. Throws `forbidden` for somebody who was off-boarded.
 */
export async function provisionPerson(
  tx: Tx,
  person: PersonClaims,
  now: Instant,
): Promise<{ readonly userId: string }> {
  const firm = await ensureFirm(tx, now)
  const claimed = person.unitSlug === undefined ? undefined : await findUnitBySlug(tx, person.unitSlug)
  const known = await lockUserBySubject(tx, person.issuer, person.subject)
  if (known === undefined) return enterPerson(tx, person, (claimed ?? firm).id, now)
  if (!known.active)
    throw new AppError(
      'forbidden',
      'Your access to the gateway has ended. Ask your administrator if this is a mistake.',
    )
  const wanted = {
    display_name: person.displayName,
    email: person.email,
    locale: person.locale,
    unit_id: claimed?.id ?? known.unit_id,
    employee_number: known.provisioned ? known.employee_number : person.employeeNumber,
  }
  if (Object.entries(wanted).every(([key, value]) => known[key as keyof typeof wanted] === value))
    return { userId: known.id }
  await updateUser(tx, known.id, { ...wanted, updated_at: now })
  await appendRecord(tx, systemActor, {
    type: 'user.updated',
    at: now,
    streams: { user: known.id, unit: wanted.unit_id },
    body: {
      userId: known.id,
      displayName: person.displayName,
      email: person.email,
      locale: person.locale,
      unitId: wanted.unit_id,
      source: 'provider',
    },
  })
  return { userId: known.id }
}

async function enterPerson(
  tx: Tx,
  person: PersonClaims,
  unitId: string,
  now: Instant,
): Promise<{ readonly userId: string }> {
  const userId = newId(now)
  const { issuer, subject, email, locale } = person
  const row = {
    id: userId,
    issuer,
    subject,
    display_name: person.displayName,
    email,
    locale,
    unit_id: unitId,
    employee_number: person.employeeNumber,
    created_at: now,
    updated_at: now,
  }
  // Two first sign-ins of one person at once: the second waits on the unique key and goes on with the first's row.
  if (!(await insertUser(tx, row))) return provisionPerson(tx, person, now)
  await appendRecord(tx, systemActor, {
    type: 'user.provisioned',
    at: now,
    streams: { user: userId, unit: unitId },
    body: { userId, issuer, subject, displayName: person.displayName, email, locale, unitId, source: 'provider' },
    searchText: person.displayName,
  })
  return { userId }
}
