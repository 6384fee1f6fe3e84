// Preloaded into a process and its threads: `Date` is so many milliseconds off as a file says, which may change meanwhile.
const { readFileSync } = require('node:fs')
const file = process.env.TEST_CLOCK_SHIFT
const RealDate = Date
let [offset, readAt] = [0, -Infinity]

function now() {
  if (performance.now() - readAt > 20) {
    offset = Number(readFileSync(file, 'utf8'))
    readAt = performance.now()
  }
  return RealDate.now() + offset
}

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [now()] : given))
  }
  static now() {
    return now()
  }
}
