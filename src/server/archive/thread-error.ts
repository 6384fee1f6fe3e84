/** An error as plain data: what crosses between threads by itself loses its code, or does not cross at all. */
export interface ThreadError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
  readonly cause: ThreadError | undefined
}

export function packError(error: unknown): ThreadError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, code: undefined, cause: undefined }
  const { name, message, stack, cause } = error
  const { code } = error as NodeJS.ErrnoException
  return { name, message, stack, code, cause: cause === undefined ? undefined : packError(cause) }
}

export function unpackError(packed: ThreadError): Error {
  const { name, message, stack, code, cause } = packed
  const error = new Error(message, cause === undefined ? {} : { cause: unpackError(cause) })
  error.name = name
  if (stack !== undefined) error.stack = stack
  return code === undefined ? error : Object.assign(error, { code })
}
