import { findEmergencyObstacles } from './compare-emergency.ts'
import { excludeTerms } from './exclude-terms.ts'
import { compilePortable } from './load-policy.ts'
import { planTouch, planTouches } from './plan-touch.ts'

/** What reads whole policy files and may be done beside a server that answers others: pure, each by its name. */
export const asideTasks = { compilePortable, planTouch, planTouches, findEmergencyObstacles, excludeTerms }

export type AsideTasks = typeof asideTasks

/** Does one of them here and now. */
export function runTask<Task extends keyof AsideTasks>(
  task: Task,
  given: Parameters<AsideTasks[Task]>,
): ReturnType<AsideTasks[Task]> {
  const run: (...all: never[]) => unknown = asideTasks[task]
  return run(...(given as readonly unknown[] as never[])) as ReturnType<AsideTasks[Task]>
}
