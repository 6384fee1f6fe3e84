import { isDatabaseAway } from '#server/platform/database-away.ts'
import { MigrationError } from '#server/platform/migrate.ts'
import { ConfigError } from '#server/platform/read-config.ts'

const namedErrors = new Set(['FolderTakenError', 'EmbeddedError', 'AppError', 'ObjectStoreError', 'PolicyError'])
const systemCodes = new Set(['EADDRINUSE', 'EACCES'])
const wrongWords = /^ERR_PARSE_ARGS_/

/** Is the error's message all that the operator needs? Everything else is a bug, and its stack is shown. */
export function isExpected(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if (error instanceof ConfigError || error instanceof MigrationError || namedErrors.has(error.name)) return true
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return systemCodes.has(code) || wrongWords.test(code) || isDatabaseAway(error)
}
