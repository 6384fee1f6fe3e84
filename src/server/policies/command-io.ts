import { once } from 'node:events'
import type { Instant } from '#server/platform/clock.ts'
import type { Bilingual } from './finding.ts'

/** What a command reads and writes. `cli.ts` makes it from the process and its environment; tests make their own. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: CommandOutput
  readonly stderr: CommandOutput
  /** True where coloured text can be shown. */
  readonly colour: boolean
  readonly locale: keyof Bilingual
  readonly now: () => Instant
}

export interface CommandOutput {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
}

/** Exit codes of the policy commands. */
export const exitCode = { good: 0, found: 1, unusable: 2 } as const

/** Writes and waits until the reader has taken it, so that a long answer needs no memory. */
export async function writeAll(output: CommandOutput, text: string): Promise<void> {
  if (!output.write(text)) await once(output as unknown as NodeJS.EventEmitter, 'drain')
}

/** Lines of a stream, split at LF alone (a raw U+2028 stays inside its line), without a trailing CR. */
export async function* readLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input) {
    const parts = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n')
    rest = parts.pop()!
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
