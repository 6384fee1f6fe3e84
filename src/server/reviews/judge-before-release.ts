import { rejudgePost, type ReevaluateDeps } from './reevaluate-posts.ts'

/**
 * Judges a post again that is about to leave: a quiet period may have begun, a qualification may have ended. A verdict that
 * asks for more takes the post out of the gate.
 */
export async function judgeBeforeRelease(deps: ReevaluateDeps, postId: string): Promise<void> {
  await rejudgePost(deps, postId, 'release')
}
