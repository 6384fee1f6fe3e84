import { Worker } from 'node:worker_threads'
import { AppError } from '#server/platform/app-error.ts'
import type { ErrorCode } from '#shared/error-code.ts'
import { runTask, type AsideTasks } from './aside-tasks.ts'
import type { PolicyFileSource } from './parse-policy-file.ts'
import { PolicyError, type PolicyProblem } from './policy-error.ts'

export interface AsideRequest {
  readonly task: keyof AsideTasks
  readonly given: readonly unknown[]
}

/** What the thread answers. */
export type AsideAnswer =
  | { readonly value: unknown }
  | { readonly problems: readonly PolicyProblem[] }
  | { readonly refusal: { readonly code: ErrorCode; readonly sentence: string } }

/** Less than this, in UTF-16 units, is read within a few milliseconds, sooner than a thread starts. */
const smallPolicy = 10_000

/** Whether files are so small that a thread would only cost. */
export function isSmall(sources: readonly PolicyFileSource[]): boolean {
  return sources.reduce((sum, { text }) => sum + text.length, 0) < smallPolicy
}

/**
 * Does something with policy files in a thread of its own, beside a server that goes on answering: a list of 100,000 terms
 * takes a second to read. Small files are read here. Throws what the task throws: `PolicyError`, or `AppError`.
 */
export async function runAside<Task extends keyof AsideTasks>(
  task: Task,
  ...given: Parameters<AsideTasks[Task]>
): Promise<ReturnType<AsideTasks[Task]>> {
  if (given.every((part) => isSmall(part.filter((one) => 'text' in one)))) return runTask(task, given)
  const answer = await hearThread({ task, given })
  if ('problems' in answer) throw new PolicyError(answer.problems)
  if ('refusal' in answer) throw new AppError(answer.refusal.code, answer.refusal.sentence)
  return answer.value as ReturnType<AsideTasks[Task]>
}

async function hearThread(request: AsideRequest): Promise<AsideAnswer> {
  const thread = new Worker(new URL('aside-thread.ts', import.meta.url), { workerData: request })
  try {
    return await new Promise<AsideAnswer>((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      thread.once('exit', () => reject(new Error('The thread that compiles a policy ended without an answer.')))
    })
  } finally {
    await thread.terminate()
  }
}
