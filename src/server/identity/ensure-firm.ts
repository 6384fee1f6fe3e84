import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { findRootUnit, insertUnit } from './queries.ts'

/** The firm's root unit; the first to need it enters it. Two at once agree, because the slug is unique. */
export async function ensureFirm(
  tx: Tx,
  now: Instant,
): Promise<{ readonly id: string; readonly path: readonly string[] }> {
  const known = await findRootUnit(tx)
  if (known !== undefined) return known
  const id = newId(now)
  const entered = await insertUnit(tx, { id, parent_id: null, name: 'Firm', slug: 'firm', path: [id], created_at: now })
  if (!entered) return (await findRootUnit(tx)) ?? { id, path: [id] }
  await appendRecord(tx, systemActor, {
    type: 'unit.created',
    at: now,
    streams: { unit: id },
    body: { unitId: id, parentId: null, name: 'Firm', slug: 'firm' },
  })
  return { id, path: [id] }
}
