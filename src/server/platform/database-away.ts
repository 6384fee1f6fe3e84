/** SQLSTATE classes and driver codes that mean that the server is away, not that we made a mistake. */
const awayCodes = /^(08|57P0|53[13]00|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/
const awayMessages = /timeout exceeded when trying to connect|timeout expired|Connection terminated/

/** Does the error say that the database cannot work? Then nothing was decided and the same call may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const inner = error instanceof AggregateError ? error.errors : []
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return awayCodes.test(code) || awayMessages.test(error.message) || inner.some(isDatabaseAway)
}

/** Does the error say that the database's disk is full? Reading still works; an operator must make room. */
export function isDatabaseFull(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === '53100'
}
