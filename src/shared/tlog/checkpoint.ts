import { fromBase64, toBase64 } from './bytes.ts'
import type { Hash } from './merkle.ts'
import { openNote, type VerifierKey } from './note.ts'

/** What a log says of itself at one size (C2SP tlog-checkpoint). Our one extension line carries the time. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Hash
  /** RFC 3339, from the extension line `time <instant>`; absent in checkpoints of other logs. */
  readonly at?: string
}

/** The text of a checkpoint, to be signed. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const time = checkpoint.at === undefined ? '' : `time ${checkpoint.at}\n`
  return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n${time}`
}

/** Reads the text of a checkpoint; throws `RangeError` when it is malformed. */
export function parseCheckpoint(text: string): Checkpoint {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n((?:[^\n]+\n)*)$/.exec(text)
  if (match === null || !Number.isSafeInteger(Number(match[2]))) throw new RangeError('The checkpoint is malformed.')
  const checkpoint = { origin: match[1]!, size: Number(match[2]), root: fromBase64(match[3]!) }
  const time = /^time (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)$/m.exec(match[4]!)
  return time === null ? checkpoint : { ...checkpoint, at: time[1]! }
}

/** The checkpoint in a note that the key signed for its own log; throws `RangeError` naming what is wrong. */
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const text = await openNote(note, key)
  if (text === undefined) throw new RangeError('The checkpoint is not signed by the key.')
  const checkpoint = parseCheckpoint(text)
  if (checkpoint.origin !== key.name) throw new RangeError('The checkpoint speaks for another log.')
  return checkpoint
}
