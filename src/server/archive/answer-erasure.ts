import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { ErasureAnswer } from '#shared/api/holds.ts'
import { appendRecord } from './append-record.ts'
import { readOpenScopes } from './hold-queries.ts'
import { whereFilter, type RecordFilter } from './queries.ts'
import { readScope } from './search-scope.ts'

type Groups = ErasureAnswer['groups']

/**
 * Answers a request to erase what is known of somebody (GDPR article 17), record by record: erased already, or refused with
 * its legal basis and the day on which the content goes by itself (article 17(3)(b)). The answer is a record.
 */
export async function answerErasure(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  scope: RecordFilter,
  reason: string,
): Promise<ErasureAnswer> {
  if (Object.values(scope).every((value) => value === undefined)) {
    throw new AppError('invalid_request', 'Say whose content is asked for: an author, a profile, or words.')
  }
  return inTransaction(deps.db, async (tx) => {
    const groups = await readGroups(tx, scope, actor)
    const at = deps.clock.now()
    const total = groups.reduce((sum, group) => sum + group.records, 0)
    const summary = groups.map(({ outcome, retentionClass, until, held, records }) => ({
      outcome,
      retentionClass,
      until,
      held,
      records,
    }))
    const recordId = await appendRecord(tx, actor, {
      type: 'erasure.answered',
      at,
      streams: { user: actor.userId, unit: actor.unitId, author: scope.author },
      body: { scope: { ...scope }, reason, total, groups: summary },
    })
    return { recordId, answeredAt: at, total, groups }
  })
}

async function readGroups(tx: Tx, scope: RecordFilter, actor: Actor): Promise<Groups> {
  const held = await readOpenScopes(tx)
  const scopes = held.map((hold) => sql`(${whereFilter(hold.scope, 'everything')})`)
  // What is destroyed already, no hold keeps.
  const isHeld = sql`(d.dispose_month is null and (${sql.join([sql`false`, ...scopes], sql` or `)}))`
  const { rows } = await sql<Groups[number]>`
    select outcome, "retentionClass", basis, until::text as until, held, count(*) as records,
        (array_agg(record_id order by recorded_at, record_id))[1:1000] as "recordIds"
      from (
        select s.record_id, s.recorded_at, c.name as "retentionClass", c.basis, ${isHeld} as held,
            case when d.dispose_month is null then 'refused' else 'erased' end as outcome,
            case when c.years is null or ${isHeld} then null
              else coalesce(d.dispose_month, archive.dispose_month(r.recorded_at, c.years)) end as until
          from archive.findable s
            join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
            join archive.retention_class c on c.name = r.retention_class
            left join archive.disposition d on d.dispose_month = r.dispose_month
          where ${whereFilter(scope, await readScope(tx, actor, 'retention.manage'))}
      ) found
      group by outcome, "retentionClass", basis, until, held
      order by outcome, until nulls last, "retentionClass"`.execute(tx)
  return rows
}
