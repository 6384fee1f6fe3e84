import type { Deps } from '#server/platform/deps.ts'

export interface Jobs {
  /** Resolves when no job is at work any more. */
  stop(): Promise<void>
}

/** Everything that happens by itself: sealing, publishing, exports. */
export function startJobs(_deps: Deps): Jobs {
  return { stop: async () => {} }
}
