import { access, constants, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '#server/platform/app-error.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'

/** That an export was made is a record: a file that cannot be written is refused before, not after, and none is written over. */
export async function refuseUnwritable(out: string): Promise<void> {
  try {
    const found = await stat(out).catch(() => undefined)
    if (found?.isDirectory() === true)
      throw new AppError('invalid_request', `${out} is a folder. Name the file, such as ${join(out, 'export.zip')}.`)
    if (found !== undefined)
      throw new AppError('invalid_request', `${out} is there already. Name another file: what was produced once stays.`)
    await access(dirname(resolve(out)), constants.W_OK)
  } catch (error) {
    tellUnwritable(error, out)
  }
}

/** Throws what a person is told who named a file that cannot be written; any other error as it is. */
export function tellUnwritable(error: unknown, out: string): never {
  const sentence = tellFileError(error, out, 'written')
  throw sentence === undefined ? error : new AppError('invalid_request', sentence, { cause: error })
}
