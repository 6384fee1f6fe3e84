/** A picture of one red point. */
export const redDot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** The body of POST /api/media; the name and the type that the form claims are lies, which nobody believes. */
export function imageForm(bytes: Buffer, altText?: string): { payload: Buffer; headers: Record<string, string> } {
  const parts =
    altText === undefined ? '' : `--b\r\ncontent-disposition: form-data; name="altText"\r\n\r\n${altText}\r\n`
  const head = `${parts}--b\r\ncontent-disposition: form-data; name="file"; filename="a.exe"\r\ncontent-type: text/html\r\n\r\n`
  const payload = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')])
  return { payload, headers: { 'content-type': 'multipart/form-data; boundary=b' } }
}
