import type { ErrorCode } from '#shared/error-code.ts'

/** One problem of a request, for answers that list several at once. */
export interface Problem {
  readonly field: string
  readonly message: string
}

/**
 * An expected refusal. The sentence is for the user, says what to do next and leaks nothing; the cause is for the
 * operator's log. Everything else thrown is a bug and answers 500.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly problems: readonly Problem[]

  constructor(code: ErrorCode, sentence: string, options: { cause?: unknown; problems?: readonly Problem[] } = {}) {
    super(sentence, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.problems = options.problems ?? []
  }
}
