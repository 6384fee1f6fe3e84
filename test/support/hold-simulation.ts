import type pg from 'pg'
import { withClient } from '#server/platform/with-client.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/**
 * Runs the simulations that wait, and does something while one of them is claimed and has not looked at history yet. The
 * work may speak to the database as its owner.
 */
export async function meanwhileSimulating(
  gateway: TestGateway,
  work: (owner: pg.Client) => Promise<unknown>,
  stopping?: AbortSignal,
): Promise<number> {
  return withClient(gateway.database.ownerUrl, async (owner) => {
    await owner.query('begin; lock table policy_evaluation in access exclusive mode')
    const running = runSimulations(gateway, stopping)
    for (let held = 0; held === 0;) {
      await owner.query('select pg_stat_clear_snapshot()')
      const { rows } = await owner.query<{ held: number }>(`select count(*)::int as held from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%policy_evaluation%'`)
      held = rows[0]!.held
    }
    await withClient(gateway.database.ownerUrl, work)
    await owner.query('rollback')
    return running
  })
}
