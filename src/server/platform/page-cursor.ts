import { AppError } from './app-error.ts'
import type { Instant } from './clock.ts'
import { isId } from './new-id.ts'

/** A keyset position: rows strictly after `(at, id)` in the list's order. */
export interface Position {
  readonly at: Instant
  readonly id: string
}

/** An opaque cursor for the position of the last row of a page. */
export function writeCursor(position: Position): string {
  return Buffer.from(`${position.at} ${position.id}`).toString('base64url')
}

/** Reads a cursor back; a cursor that we did not write is `invalid_request`. */
export function readCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined
  const [at, id] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at)) || !isId(id)) {
    throw new AppError(
      'invalid_request',
      'This cursor is not one of ours. Start again from the first page, without a cursor.',
    )
  }
  return { at, id }
}

/** Cuts a page out of `limit + 1` rows and names the next cursor. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
  toItem: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(position(last)) : null,
  }
}
