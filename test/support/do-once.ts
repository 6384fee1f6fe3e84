import { mkdir, rm, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Does once what several processes ask for at the same time: one works, the others wait until `isDone`, or until their
 * turn comes because it failed. Answers what the work answered, or undefined where another did it. `lock` is a folder.
 */
export async function doOnce<T>(
  lock: string,
  isDone: () => Promise<boolean>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    if (await isDone()) return undefined
    if (await takeLock(lock)) break
    await wait(500)
  }
  try {
    return (await isDone()) ? undefined : await work()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

/** A folder as lock; one that is ten minutes old was left behind by a test that died. */
async function takeLock(lock: string): Promise<boolean> {
  const taken = await mkdir(lock).then(
    () => true,
    () => false,
  )
  if (taken) return true
  const age = await stat(lock).then(
    (found) => performance.timeOrigin + performance.now() - found.mtimeMs,
    () => 0,
  )
  if (age > 600_000) await rm(lock, { recursive: true, force: true })
  return false
}
