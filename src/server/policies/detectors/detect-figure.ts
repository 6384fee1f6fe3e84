import type { Range } from './compact-view.ts'

const amount = "[+−-]?\\d(?:[\\d.,’'\\u00a0\\u202f ]{0,18}\\d)?"
const unit =
  '(?:%|‰|percent|per cent|pour\\s?cent|points?|bps|basis points|€|\\$|£|¥|euros?|dollars?|pounds?|millions?|milliards?|billions?|trillions?|[mkMK]€|bn|Md€|fois|times)'
const figure = new RegExp(
  `[€$£¥]\\s?${amount}(?:\\s?(?:million|billion|bn|m|k)(?![\\p{L}\\p{N}]))?|(?<![\\p{L}\\p{N}.,])${amount}\\s?${unit}(?![\\p{L}\\p{N}])`,
  'gu',
)

/** Statistics, amounts and shares: what needs a source (FIN-3, MKT-1). Years, days and times are none. */
export function detectFigure(text: string): Range[] {
  return [...text.matchAll(figure)].map((match) => [match.index, match.index + match[0].length])
}
