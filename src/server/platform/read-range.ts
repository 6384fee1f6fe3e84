/**
 * The one range, ends included, that a player of films asks for (RFC 9110 section 14). `undefined`: the whole file is the
 * answer. A range that begins behind the file has its start behind its end.
 */
export function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (from === '' && to === '') return undefined
  if (from === '') return { start: Math.max(0, size - Number(to)), end: size - 1 }
  if (to !== '' && Number(to) < Number(from)) return undefined
  return { start: Number(from), end: to === '' ? size - 1 : Math.min(size - 1, Number(to)) }
}
