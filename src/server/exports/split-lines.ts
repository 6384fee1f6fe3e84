/** Cuts bytes into lines, newline excluded. A line longer than `longest` bytes, or a last line without newline, throws. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, longest: number): AsyncIterable<Buffer[]> {
  let rest: Buffer | undefined
  for await (const chunk of chunks) {
    const bytes: Buffer = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    const lines: Buffer[] = []
    let from = 0
    for (let to = bytes.indexOf(0x0a, rest?.length ?? 0); to !== -1; to = bytes.indexOf(0x0a, from)) {
      lines.push(bytes.subarray(from, to))
      from = to + 1
    }
    rest = from === bytes.length ? undefined : bytes.subarray(from)
    if (rest !== undefined && rest.length > longest) throw new RangeError(`A line is longer than ${longest} bytes.`)
    if (lines.length > 0) yield lines
  }
  if (rest !== undefined) throw new RangeError('The last line is cut off.')
}
