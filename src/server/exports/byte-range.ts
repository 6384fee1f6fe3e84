/** A stretch of a file, both ends included, as HTTP counts. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const mostRanges = 16

/**
 * The ranges that a `Range` header asks of a file (RFC 9110 section 14). `undefined`: answer with the whole file, because
 * there is no header or none that we must honour. Empty: none can be satisfied.
 */
export function parseRanges(header: string | undefined, size: number): ByteRange[] | undefined {
  const match = /^bytes\s*=\s*(.+)$/i.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const ranges: ByteRange[] = []
  const specs = match[1]!
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (specs.length === 0) return undefined
  for (const spec of specs) {
    const parts = /^(\d{0,15})-(\d{0,15})$/.exec(spec)
    if (parts === null || (parts[1] === '' && parts[2] === '')) return undefined
    if (parts[1] !== '' && parts[2] !== '' && Number(parts[2]) < Number(parts[1])) return undefined
    const start = parts[1] === '' ? Math.max(0, size - Number(parts[2])) : Number(parts[1])
    const end = parts[1] === '' || parts[2] === '' ? size - 1 : Math.min(size - 1, Number(parts[2]))
    if (start <= end) ranges.push({ start, end })
  }
  // Many small or overlapping ranges are how a server is made to send a file many times over.
  return ranges.length > mostRanges || overlap(ranges) ? undefined : ranges
}

function overlap(ranges: readonly ByteRange[]): boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start)
  return sorted.some((range, at) => at > 0 && range.start <= sorted[at - 1]!.end)
}
