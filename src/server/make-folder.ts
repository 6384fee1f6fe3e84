import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError } from '#server/platform/app-error.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'

/** Node's own recursive way never ends where a file system makes no folders and says that the parent is missing (/proc). */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (!existsSync(dirname(path))) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** Makes the folder of the program's own files, and proves that it takes some. Throws `AppError` with what to do. */
export function openDataDirectory(path: string): void {
  try {
    makeFolder(path)
    rmdirSync(mkdtempSync(join(path, '.probe-')))
  } catch (error) {
    throw refuseFolder(error, path)
  }
}

/** The same refusal for a file that lies there; anything but a fault of the file system is thrown as it is. */
export function refuseFolder(error: unknown, path: string): AppError {
  const sentence = tellFileError(error, path, 'written')
  if (sentence === undefined) throw error
  const advice = 'Name a folder of your own with GATEWAY_DATA_DIRECTORY.'
  return new AppError('invalid_request', `${sentence} ${advice}`, { cause: error })
}
