import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { decompose } from '#shared/tlog/merkle.ts'
import type { NodeReader } from '#shared/tlog/prove.ts'
import type { Header } from './manifest.ts'

/** Puts a line of hashes in the place of entries of units that a requester may not see; the tree stays whole. */
export class HiddenRuns {
  /** How many entries were replaced. */
  count = 0
  readonly #read: NodeReader
  readonly #units: ReadonlySet<string>
  #from: number | undefined

  constructor(read: NodeReader, units: readonly string[]) {
    this.#read = read
    this.#units = new Set(units)
  }

  /** The lines of one batch of entries that begins at `first`, as the requester may see them. */
  async *replace(first: number, text: string): AsyncIterable<Uint8Array> {
    const lines: string[] = []
    for (const [at, line] of text.split('\n').entries()) {
      const { h }: { h: Header } = JSON.parse(line)
      if (!this.#units.has(h.streams['unit'] ?? '')) {
        this.#from ??= first + at
        this.count += 1
        continue
      }
      lines.push(...(await this.#close(first + at)), line)
    }
    if (lines.length > 0) yield utf8(`${lines.join('\n')}\n`)
  }

  /** The last run, when the range ends inside one. */
  async *end(end: number): AsyncIterable<Uint8Array> {
    for (const line of await this.#close(end)) yield utf8(`${line}\n`)
  }

  async #close(to: number): Promise<string[]> {
    if (this.#from === undefined) return []
    const from = this.#from
    this.#from = undefined
    const nodes = await Promise.all(decompose(from, to).map(([level, index]) => this.#read(level, index)))
    return [JSON.stringify({ from, to, nodes: nodes.map(toHex) })]
  }
}

/** A line of hashes read back; undefined when it is none. */
export function readHiddenRun(line: Buffer): { from: number; to: number; nodes: Uint8Array[] } | undefined {
  const match = /^\{"from":(\d{1,15}),"to":(\d{1,15}),"nodes":\[((?:"[0-9a-f]{64}",?)+)\]\}$/.exec(
    line.toString('latin1'),
  )
  if (match === null) return undefined
  const nodes = [...match[3]!.matchAll(/[0-9a-f]{64}/g)].map(([hex]) => Buffer.from(hex, 'hex'))
  return { from: Number(match[1]), to: Number(match[2]), nodes }
}
