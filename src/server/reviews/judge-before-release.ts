import { sql } from 'kysely'
import { rejudgePost, type ReevaluateDeps } from './reevaluate-posts.ts'

/**
 * Judges a post again that is about to leave, where its last verdict was reached before its slot or more than a day ago: a
 * quiet period may have begun, a qualification may have ended. A changed verdict takes the post out of the gate.
 */
export async function judgeBeforeRelease(deps: ReevaluateDeps, postId: string): Promise<void> {
  const now = deps.clock.now()
  const { rows } = await sql`
    select from post p join post_revision r on r.id = p.current_revision_id
    where p.id = ${postId} and p.status in ('approved', 'scheduled')
      and (r.scheduled_at is null or r.scheduled_at <= ${now})
      and (select e.evaluated_at from policy_evaluation e where e.revision_id = r.id order by e.evaluated_at desc, e.id desc limit 1)
        < greatest(r.scheduled_at, ${now}::timestamptz - interval '1 day')`.execute(deps.db)
  if (rows.length > 0) await rejudgePost(deps, postId, 'release')
}
