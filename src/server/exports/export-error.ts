/** A reason that the requester can understand. */
export class ExportError extends Error {
  override readonly name = 'ExportError'
}
