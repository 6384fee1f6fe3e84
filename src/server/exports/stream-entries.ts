import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { decompose } from '#shared/tlog/merkle.ts'
import type { NodeReader } from '#shared/tlog/prove.ts'
import type { StreamBatch } from './stream-source.ts'

/** Told of each entry that is written out. */
export type TakeEntry = (index: number, text: string) => void

/**
 * `log/entries.jsonl` of some streams: their entries, and one line of hashes for each stretch of the log between them, so
 * that the root follows while nobody else's entries are shown.
 */
export async function* streamEntries(
  batches: AsyncIterable<StreamBatch>,
  size: number,
  read: NodeReader,
  take: TakeEntry,
): AsyncIterable<Uint8Array> {
  let next = 0
  for await (const batch of batches) {
    const lines: string[] = []
    for (const { n, text } of batch) {
      lines.push(...(await hashesOf(read, next, n)), text)
      take(n, text)
      next = n + 1
    }
    if (lines.length > 0) yield utf8(`${lines.join('\n')}\n`)
  }
  for (const line of await hashesOf(read, next, size)) yield utf8(`${line}\n`)
}

async function hashesOf(read: NodeReader, from: number, to: number): Promise<string[]> {
  if (from === to) return []
  const nodes = await Promise.all(decompose(from, to).map(([level, index]) => read(level, index)))
  return [JSON.stringify({ from, to, nodes: nodes.map(toHex) })]
}
