import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import type { DB } from './schema.gen.ts'

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

/** A pool as the service's role. A connection that the server closes is logged and replaced, never fatal. */
export function openPool(url: string, log: Pick<Logger, 'warn'>, max = 20): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    connectionTimeoutMillis: 5_000,
    application_name: 'containment-gateway',
  })
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'))
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
