import { dirname } from 'node:path'
import { destination, pino, type Logger } from 'pino'
import type { LogLevel } from '#server/platform/config.ts'
import { makeFolder, refuseFolder } from './make-folder.ts'

/** The operators' log: JSON lines on standard output, or in a file where a person watches the terminal. */
export function openLog(level: LogLevel, file?: string): Logger {
  if (file === undefined) return pino({ level })
  try {
    makeFolder(dirname(file))
    return pino({ level }, destination({ dest: file, sync: true, mode: 0o600 }))
  } catch (error) {
    throw refuseFolder(error, file)
  }
}

/** Only what must be acted on, on standard error: for commands, whose standard output is their answer. */
export function openCommandLog(): Logger {
  return pino({ level: 'error' }, destination({ dest: 2, sync: true }))
}
