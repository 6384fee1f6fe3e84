import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import type { DB } from './schema.gen.ts'
import { sessionName } from './session-name.ts'

export type Db = Kysely<DB>
/** A function that takes a `Tx` cannot be called outside a transaction. */
export type Tx = Transaction<DB>

// Times leave Postgres as `Instant` text, 64-bit integers as numbers: our counts stay far below 2^53.
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString()],
  [pg.types.builtins.DATE, (text) => text],
  [pg.types.builtins.INT8, Number],
])

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** Reads of the archive, and lists: what is cut off at a limit. */
const plannedWithValues = /^\s*(select|with)\b[\s\S]*(\barchive\.(?!append_record)|\blimit \$)/i
/** Texts with a name; statements that are built anew each time do not fill a connection's memory. */
const statementNames = new Map<string, string>()
const mostNames = 300

/**
 * A connection that prepares each statement once: parsing and planning those of a submission cost Postgres as much as
 * running them. Reads of the archive and lists are still planned with their values, on which their best plan depends.
 */
class PreparingClient extends pg.Client {
  override query(...words: unknown[]): never {
    const [text, values, ...rest] = words
    const name = typeof text === 'string' && Array.isArray(values) ? nameStatement(text) : undefined
    const query = super.query.bind(this) as (...given: unknown[]) => never
    return name === undefined ? query(...words) : query({ name, text, values }, ...rest)
  }
}

function nameStatement(text: string): string | undefined {
  const known = statementNames.get(text)
  if (known !== undefined || statementNames.size >= mostNames || plannedWithValues.test(text)) return known
  const name = `w${statementNames.size}`
  statementNames.set(text, name)
  return name
}

/** A pool as the service's role. A connection that the server closes is logged and replaced, never fatal. */
export function openPool(url: string, log: Pick<Logger, 'warn'>, max = 20): pg.Pool {
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    max,
    types,
    connectionTimeoutMillis: 5_000,
    application_name: sessionName,
  })
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'))
  // One that is lost during a query fails the query, and tells so once more to nobody: that would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Kysely over a pool. */
export function openDatabase(pool: pg.Pool): Db {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
}

/** What a request wants done in every transaction of its use case, just before the commit (idempotency.ts). */
export const beforeCommit = new AsyncLocalStorage<(tx: Tx) => Promise<void>>()

/** Runs one use case in one read-committed transaction: an exception rolls everything back. */
export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const result = await work(tx)
    await beforeCommit.getStore()?.(tx)
    return result
  })
}

/** Whether the request has something to commit with its use case, so that one statement is not the whole transaction. */
export function hasMoreToCommit(): boolean {
  return beforeCommit.getStore() !== undefined
}
