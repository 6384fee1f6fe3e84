import { appendRecord } from '#server/archive/append-record.ts'
import { readScope, type SearchScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createExport as contract, Export } from '#shared/api/exports.ts'
import { recordEvents } from '#shared/record-event.ts'
import { countOpenExports, findExport, findUnitsBelow, insertExport } from './queries.ts'
import { toExport } from './to-export.ts'

export type ExportWish = BodyOf<typeof contract>

const dayMilliseconds = 86_400_000
/** How long a finished package is kept where nothing is asked. */
const usualDays = 90
/** And how long at the most: as long as an examination. */
export const mostDays = 366
/** One after another they are made anyway, and each may be as large as the archive. */
const mostOpen = 5

/** Asks for an export of what the actor may see; it is made in the background, and that it was asked for is a record. */
export async function createExport(deps: Pick<Deps, 'db' | 'clock'>, actor: Actor, wish: ExportWish): Promise<Export> {
  refuseSenseless(wish)
  return inTransaction(deps.db, async (tx) => {
    const at = deps.clock.now()
    const exportId = newId(at)
    const keepUntil = endOf(wish.keepUntil, at)
    await refuseMany(tx, actor)
    const scope = await readScope(tx, actor, 'export.create')
    const units = await readUnits(tx, scope, wish.unit)
    const asked = { ...askedIn(wish), keepUntil, units }
    const requestRecordId = await appendRecord(tx, actor, {
      type: 'export.requested',
      at,
      streams: { export: exportId, user: actor.userId, unit: actor.unitId },
      body: { exportId, ...asked },
      searchText: [wish.reason, wish.recipient, wish.q].filter((text) => text !== undefined).join('\n'),
    })
    const wholeLog = scope === 'everything'
    const requestedBy = actor.userId
    await insertExport(tx, { exportId, requestedBy, requestedAt: at, requestRecordId, wholeLog, ...asked })
    return toExport((await findExport(tx, exportId, 'everything'))!)
  })
}

/** Throws `unprocessable` for what cannot be asked, whoever asks. */
function refuseSenseless(wish: ExportWish): void {
  if (wish.timeZone !== undefined) refuseUnknownZone(wish.timeZone)
  refuseUnknownTypes(wish.type)
  refuseStreamOfNobody(wish)
  if (wish.reason.trim() === '')
    throw new AppError('unprocessable', 'Say why the export is made: the reason is part of it.')
}

/** What was asked, in the one form in which record, row and package say it. */
function askedIn({ reason, recipient, timeZone = 'UTC', formats = [], keepUntil: _until, ...filter }: ExportWish) {
  const others = formats.filter((format) => format !== 'jsonl')
  return { reason, recipient: recipient ?? null, timeZone, query: normalise(filter), formats: ['jsonl', ...others] }
}

/** When the package is removed. Throws `unprocessable` for a time that is over or too far. */
export function endOf(asked: string | undefined, at: Instant): Instant {
  if (asked === undefined) return addMilliseconds(at, usualDays * dayMilliseconds)
  const end = new Date(asked).toISOString()
  if (end > at && end <= addMilliseconds(at, mostDays * dayMilliseconds)) return end
  throw new AppError('unprocessable', 'A package is kept until a time within a year from now.', {
    problems: [{ field: 'body.keepUntil', message: 'is not a time within a year from now' }],
  })
}

/** Throws `too_many_requests` for somebody whose exports keep the gateway busy already. */
async function refuseMany(tx: Tx, { userId }: Actor): Promise<void> {
  const open = await countOpenExports(tx, userId)
  if (open >= mostOpen)
    throw new AppError(
      'too_many_requests',
      `${open} of your exports are not finished yet. Wait until one is, or cancel one.`,
    )
}

/** The units whose records may be delivered: the actor's, cut down to the unit asked for. Null for everything. */
async function readUnits(tx: Tx, scope: SearchScope, unitId: string | undefined): Promise<string[] | null> {
  if (unitId === undefined) return scope === 'everything' ? null : [...scope]
  const below = await findUnitsBelow(tx, unitId)
  const units = scope === 'everything' ? below : below.filter((unit) => scope.includes(unit))
  if (units.length === 0) throw new AppError('not_found', 'No such unit among yours.')
  return units
}

/** Times in the one form that headers have, so that they compare as text; nothing that was not asked. */
export function normalise(
  filter: Omit<ExportWish, 'reason' | 'recipient' | 'timeZone' | 'formats' | 'keepUntil'>,
): Record<string, string> {
  const given = Object.entries(filter).filter(
    (pair): pair is [string, NonNullable<(typeof pair)[1]>] => pair[1] !== undefined && pair[1] !== '',
  )
  return Object.fromEntries(
    given.map(([name, value]) => [name, name === 'from' || name === 'to' ? new Date(value).toISOString() : value]),
  )
}

/** Only these streams are numbered without gaps and listed in the log's directory. */
function refuseStreamOfNobody({
  proof,
  author,
  profile,
  unit,
}: Pick<ExportWish, 'proof' | 'author' | 'profile' | 'unit'>): void {
  if (proof !== 'stream' || author !== undefined || profile !== undefined || unit !== undefined) return
  throw new AppError('unprocessable', 'Say whose stream is to be proven: an author, a profile or a unit.', {
    problems: [{ field: 'body.proof', message: 'needs an author, a profile or a unit' }],
  })
}

/** Throws `unprocessable` for a time zone that there is not. */
export function refuseUnknownZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new AppError(
      'unprocessable',
      `“${timeZone}” is no time zone. Write one of the IANA names, such as Europe/Paris.`,
      {
        problems: [{ field: 'body.timeZone', message: 'is no IANA time zone' }],
      },
    )
  }
}

/** Throws `unprocessable` for record types that there are not. */
export function refuseUnknownTypes(type: string | undefined): void {
  const unknown = typesOf(type)?.filter((name) => !Object.hasOwn(recordEvents, name)) ?? []
  if (unknown.length === 0) return
  throw new AppError('unprocessable', `No record has the type “${unknown.join('”, “')}”.`, {
    problems: [{ field: 'body.type', message: 'names an unknown record type' }],
  })
}

/** The record types of a query, which are written with commas between. */
export function typesOf(type: string | undefined): string[] | null {
  return type === undefined ? null : type.split(',').map((name) => name.trim())
}
