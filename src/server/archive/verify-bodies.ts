import { hashBody } from './append-record.ts'
import { problem, type Problem } from './problem.ts'
import { parseBodyLine } from './sealed-body.ts'
import { readLines, type PinnedRead, type SealedEntry } from './verify-seal.ts'

/**
 * Checks the bodies of one seal against the hashes in its entries. A body may be missing only where `findDisposed` says
 * that it was destroyed with a certificate at the end of its retention.
 */
export async function verifyBodies(
  read: PinnedRead,
  keys: readonly string[],
  entries: readonly SealedEntry[],
  findDisposed: (indexes: readonly number[]) => Promise<ReadonlySet<number>>,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const first = entries[0]?.index ?? 0
  const missing = new Set(entries.map((entry) => entry.index))
  for (const key of keys) {
    const lines = await readLines(read, key)
    if (lines === undefined) problems.push(problem('bodies_unreadable', `"${key}" cannot be read.`, first))
    for (const line of lines ?? []) {
      const index = checkLine(line, entries, first, key, problems)
      if (index !== undefined) missing.delete(index)
    }
  }
  const disposed = missing.size === 0 ? missing : await findDisposed([...missing])
  for (const index of missing) {
    if (disposed.has(index)) continue
    problems.push(problem('body_missing', `The body of entry ${index} is missing from the object store.`, index))
  }
  return problems
}

/** Checks one line and answers the index whose body it is; `undefined` when it is none of this seal. */
function checkLine(
  line: Buffer,
  entries: readonly SealedEntry[],
  first: number,
  key: string,
  problems: Problem[],
): number | undefined {
  let index: number | undefined
  try {
    const body = parseBodyLine(line)
    const entry = entries[body.index - first]
    if (entry === undefined || entry.id !== body.id) {
      problems.push(
        problem(
          'body_unknown',
          `"${key}" holds a body for entry ${body.index} that the log does not know.`,
          body.index,
        ),
      )
      return undefined
    }
    index = body.index
    if (hashBody(body.salt, body.body) !== entry.bodyHash) {
      problems.push(
        problem(
          'body_differs',
          `The body of entry ${index} in the object store is not the one that was sealed.`,
          index,
        ),
      )
    }
  } catch {
    problems.push(problem('body_differs', `"${key}" holds a line that is not a body.`, index ?? first))
  }
  return index
}
