/** An anchor did not take a checkpoint. A contradiction says that it has seen another log than ours. */
export class AnchorError extends Error {
  override readonly name = 'AnchorError'
  readonly isContradiction: boolean

  constructor(message: string, options: { isContradiction?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.isContradiction = options.isContradiction === true
  }
}
