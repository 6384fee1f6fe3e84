const [space, quote, backslash, colon, openBrace, closeBrace] = [32, 34, 92, 58, 123, 125]

/**
 * A name that one object of a JSON text says twice, if any. RFC 8259 leaves open which of the two counts: JavaScript takes
 * the last one, a filter before us may have judged the first. The text must be JSON that was parsed already.
 */
export function findRepeatedName(json: string): string | undefined {
  // The names of each object that has begun and not ended; most hold none.
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < json.length; at++) {
    const letter = json.charCodeAt(at)
    if (letter === openBrace) open.push(undefined)
    else if (letter === closeBrace) open.pop()
    else if (letter === quote) {
      const end = endOfText(json, at)
      if (isName(json, end)) {
        const name = readText(json.slice(at, end + 1))
        const known = (open[open.length - 1] ??= new Set())
        if (known.has(name)) return name
        known.add(name)
      }
      at = end
    }
  }
  return undefined
}

/** Where the closing quote stands: the next one before which no odd number of backslashes is. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let first = end
    while (json.charCodeAt(first - 1) === backslash) first--
    if ((end - first) % 2 === 0) return end
  }
}

/** Only names are followed by a colon. */
function isName(json: string, end: number): boolean {
  let next = end + 1
  // What a text is followed by, if not by these, stands above a space.
  while (json.charCodeAt(next) <= space) next++
  return json.charCodeAt(next) === colon
}

function readText(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
}
