import { readFileSync } from 'node:fs'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `GATEWAY_*` names, each also as `…_FILE`, and collects every mistake instead of stopping at the first.
 * A reading that failed answers a stand-in: use nothing before `mistakes()` is empty.
 */
export class SettingReader {
  readonly #environment: Environment
  readonly #asked = new Set<string>()
  readonly #mistakes = new Set<string>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** Any text; `undefined` when the name is not set. */
  optional(name: string): string | undefined {
    this.#asked.add(name).add(`${name}_FILE`)
    const plain = this.#environment[name]
    const file = this.#environment[`${name}_FILE`]
    if (plain !== undefined && file !== undefined) this.refuse(name, `is given twice, also as ${name}_FILE; keep one`)
    if (plain !== undefined) return plain.trim() === '' ? undefined : plain.trim()
    return file === undefined ? undefined : this.#readFile(name, file)
  }

  required(name: string, what: string): string {
    const value = this.optional(name)
    if (value === undefined && !this.#refusedNow(name)) this.refuse(name, `is missing: ${what}`)
    return value ?? ''
  }

  /** Reads with `parse`, which throws a sentence fragment ("must be …") when the text is wrong. */
  parsed<T>(name: string, fallback: T, parse: (text: string) => T): T {
    const text = this.optional(name)
    if (text === undefined) return fallback
    try {
      return parse(text)
    } catch (error) {
      this.refuse(name, error instanceof Error ? error.message : String(error))
      return fallback
    }
  }

  refuse(name: string, mistake: string): void {
    this.#mistakes.add(`${name} ${mistake}.`)
  }

  /** Everything that is wrong, names that nobody asked for included. */
  mistakes(): string[] {
    const known = [...this.#asked]
    const unknown = Object.keys(this.#environment).filter(
      (name) => name.startsWith('GATEWAY_') && !this.#asked.has(name),
    )
    return [
      ...this.#mistakes,
      ...unknown.map((name) => `${name} is not a setting of the gateway${suggest(name, known)}.`),
    ]
  }

  #readFile(name: string, file: string): string | undefined {
    try {
      const text = readFileSync(file, 'utf8').trim()
      if (text !== '') return text
      this.refuse(`${name}_FILE`, `names a file that is empty: ${file}`)
      return undefined
    } catch (error) {
      this.refuse(
        `${name}_FILE`,
        `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'} at ${file}`,
      )
      return undefined
    }
  }

  #refusedNow(name: string): boolean {
    return [...this.#mistakes].some((mistake) => mistake.startsWith(`${name} `) || mistake.startsWith(`${name}_FILE `))
  }
}

function suggest(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** The known name that a typing slip away from `name` is; `undefined` when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  const best = ranked.toSorted((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= 4 ? best.candidate : undefined
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(left).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(right).entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
