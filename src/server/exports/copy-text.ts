/** A copy of an ASCII text that was cut out of a longer one: the cut itself keeps all of the longer one in memory. */
export function copyText(cut: string): string {
  return Buffer.from(cut, 'latin1').toString('latin1')
}
