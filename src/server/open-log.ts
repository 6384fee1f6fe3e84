import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination, pino, type Logger } from 'pino'
import { AppError } from '#server/platform/app-error.ts'
import type { LogLevel } from '#server/platform/config.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'

/** The operators' log: JSON lines on standard output, or in a file where a person watches the terminal. */
export function openLog(level: LogLevel, file?: string): Logger {
  if (file === undefined) return pino({ level })
  try {
    makeFolder(dirname(file))
    return pino({ level }, destination({ dest: file, sync: true, mode: 0o600 }))
  } catch (error) {
    const sentence = tellFileError(error, file, 'written')
    if (sentence === undefined) throw error
    const advice = 'Name a folder of your own with GATEWAY_DATA_DIRECTORY.'
    throw new AppError('invalid_request', `${sentence} ${advice}`, { cause: error })
  }
}

/** Node's own recursive way never ends where a file system makes no folders and says that the parent is missing (/proc). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (!existsSync(dirname(path))) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** Only what must be acted on, on standard error: for commands, whose standard output is their answer. */
export function openCommandLog(): Logger {
  return pino({ level: 'error' }, destination({ dest: 2, sync: true }))
}
