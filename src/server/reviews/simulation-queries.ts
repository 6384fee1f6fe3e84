import { sql, type RawBuilder } from 'kysely'
import type { SearchScope } from '#server/archive/search-scope.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import type { SimulationReport as Figures } from '#server/policies/simulate-policy.ts'
import type { Simulation } from '#shared/api/simulations.ts'

/** What the job keeps of a run: figures and ids, and what the reviewers' hours were reckoned from. */
export interface StoredReport extends Omit<Figures, 'firstAt' | 'kept'> {
  /** Missing in reports of before verdicts were kept. */
  readonly kept?: number
  readonly newlyBlockedCount: number
  readonly newlyAllowedCount: number
  readonly minutesPerApproval: number
  /** Decisions whose time was seen; zero where the minutes are assumed. */
  readonly timedDecisions: number
  readonly weeks: number
}

export interface SimulationRow {
  readonly simulationId: string
  readonly requestedBy: string
  readonly requestedByName: string
  readonly requesterUnitId: string
  readonly requestedAt: Instant
  /** Null: everybody's posts. */
  readonly units: string[] | null
  readonly draftVersion: string
  readonly baseVersion: string | null
  readonly from: Instant | null
  readonly to: Instant
  /** Every post is judged, also one that no changed rule can touch. */
  readonly anew: boolean
  readonly state: Simulation['state']
  readonly cancelRequestedBy: string | null
  readonly attempt: number
  readonly done: number
  readonly total: number
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly failure: string | null
}

const columns = sql`s.id as "simulationId", s.requested_by as "requestedBy", u.display_name as "requestedByName",
  u.unit_id as "requesterUnitId", s.requested_at as "requestedAt", s.units, s.draft_version as "draftVersion",
  s.base_version as "baseVersion", s.from_at as "from", s.to_at as "to", s.anew, s.state, s.cancel_requested_by as "cancelRequestedBy",
  s.attempt, s.done, s.total, s.started_at as "startedAt", s.finished_at as "finishedAt", s.failure`
const tables = sql`policy_simulation s join app_user u on u.id = s.requested_by`

export interface NewSimulation {
  readonly simulationId: string
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly units: readonly string[] | null
  readonly files: readonly PolicyFileSource[]
  readonly draftVersion: string
  readonly baseVersion: string | null
  readonly from: Instant | null
  readonly to: Instant
  readonly anew: boolean
}

/** Enters a simulation and wakes whoever runs them. */
export async function insertSimulation(tx: Tx, row: NewSimulation): Promise<void> {
  await sql`
    insert into policy_simulation (id, requested_by, requested_at, units, files, draft_version, base_version, from_at, to_at, anew, state)
    values (${row.simulationId}, ${row.requestedBy}, ${row.requestedAt}, ${row.units}::uuid[], ${JSON.stringify(row.files)}::jsonb,
      ${row.draftVersion}, ${row.baseVersion}, ${row.from}, ${row.to}, ${row.anew}, 'waiting')`.execute(tx)
  await sql`select pg_notify('gateway_simulation', '')`.execute(tx)
}

/** A simulation whose whole scope the reader has. */
export async function findSimulation(
  db: Db | Tx,
  simulationId: string,
  scope: SearchScope,
): Promise<(SimulationRow & { report: StoredReport | null }) | undefined> {
  const { rows } = await sql<SimulationRow & { report: StoredReport | null }>`
    select ${columns}, s.report from ${tables} where s.id = ${simulationId} and ${readableIn(scope)}`.execute(db)
  return rows[0]
}

export async function findSimulations(
  db: Db,
  scope: SearchScope,
  after: Position | undefined,
  limit: number,
): Promise<SimulationRow[]> {
  const page =
    after === undefined ? sql`true` : sql`(s.requested_at, s.id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  const { rows } = await sql<SimulationRow>`
    select ${columns} from ${tables} where ${readableIn(scope)} and ${page}
      order by s.requested_at desc, s.id desc limit ${limit}`.execute(db)
  return rows
}

function readableIn(scope: SearchScope) {
  return scope === 'everything' ? sql`true` : sql`s.units <@ ${[...scope]}::uuid[]`
}

export async function lockSimulation(
  tx: Tx,
  simulationId: string,
): Promise<Pick<SimulationRow, 'state' | 'attempt' | 'cancelRequestedBy'> | undefined> {
  const { rows } = await sql<Pick<SimulationRow, 'state' | 'attempt' | 'cancelRequestedBy'>>`
    select state, attempt, cancel_requested_by as "cancelRequestedBy" from policy_simulation
      where id = ${simulationId} for update`.execute(tx)
  return rows[0]
}

/** Takes the oldest simulation that waits, or whose process has not been heard of since its lease ended. */
export async function claimSimulation(
  tx: Tx,
  now: Instant,
  leaseUntil: Instant,
): Promise<(SimulationRow & { files: PolicyFileSource[] }) | undefined> {
  const { rows: claimed } = await sql<{ id: string; files: PolicyFileSource[] }>`
    select id, files from policy_simulation where state = 'waiting' or (state = 'running' and lease_until < ${now})
      order by requested_at, id limit 1 for update skip locked`.execute(tx)
  const [row] = claimed
  if (row === undefined) return undefined
  await sql`update policy_simulation set state = 'running', attempt = attempt + 1, lease_until = ${leaseUntil},
    started_at = ${now}, done = 0 where id = ${row.id}`.execute(tx)
  return { ...(await findSimulation(tx, row.id, 'everything'))!, files: row.files }
}

/** Notes how far it is and lengthens the lease; false when it was cancelled or is another attempt's now. */
export async function keepSimulation(
  db: Db,
  row: Pick<SimulationRow, 'simulationId' | 'attempt'>,
  progress: { done: number; total: number },
  leaseUntil: Instant,
): Promise<boolean> {
  const { rows } = await sql<{ wanted: boolean }>`
    update policy_simulation set done = ${progress.done}, total = ${progress.total}, lease_until = ${leaseUntil}
      where id = ${row.simulationId} and state = 'running' and attempt = ${row.attempt}
      returning cancel_requested_by is null as wanted`.execute(db)
  return rows[0]?.wanted === true
}

/** Gives a simulation back that its process will not finish: whoever is there next runs it, without waiting for the lease. */
export async function handBackSimulation(db: Db, row: Pick<SimulationRow, 'simulationId' | 'attempt'>): Promise<void> {
  await sql`with handed_back as (update policy_simulation set state = 'waiting', lease_until = null
      where id = ${row.simulationId} and state = 'running' and attempt = ${row.attempt} and cancel_requested_by is null returning id)
    select pg_notify('gateway_simulation', '') from handed_back`.execute(db)
}

export async function requestCancel(tx: Tx, simulationId: string, by: string): Promise<void> {
  await sql`update policy_simulation set cancel_requested_by = ${by} where id = ${simulationId}`.execute(tx)
}

export async function endSimulation(
  tx: Tx,
  simulationId: string,
  end: {
    state: 'completed' | 'cancelled' | 'failed'
    at: Instant
    report: StoredReport | null
    failure: string | null
  },
): Promise<void> {
  await sql`update policy_simulation set state = ${end.state}, lease_until = null, finished_at = ${end.at}, failure = ${end.failure},
    report = ${end.report === null ? null : JSON.stringify(end.report)}::jsonb where id = ${simulationId}`.execute(tx)
}

export type Period = Pick<SimulationRow, 'units' | 'from' | 'to'>

/**
 * The last verdict of each revision of the period that was handed in: a draft that nobody but its author has seen is not
 * history. `condition` is one more, on the verdict `e`. Everybody's history looks into no other table.
 */
export function historyOf({ units, from, to }: Period, condition: RawBuilder<unknown>) {
  const ofUnits =
    units === null
      ? sql``
      : sql`join post_revision h on h.id = e.revision_id join post p on p.id = h.post_id and p.unit_id = any (${units}::uuid[])`
  return sql`policy_evaluation e ${ofUnits} where ${isOfPeriod({ from, to })}
      and not exists (select from policy_evaluation n where n.revision_id = e.revision_id and n.repeated
        and (n.evaluated_at, n.id) > (e.evaluated_at, e.id) and n.evaluated_at < ${to}) and ${condition}`
}

/** The verdicts `e` with which something was handed in in a period. */
export function isOfPeriod({ from, to }: Pick<Period, 'from' | 'to'>): RawBuilder<unknown> {
  return sql`e.handed_in and e.evaluated_at < ${to} and ${from === null ? sql`true` : sql`e.evaluated_at >= ${from}`}`
}

/** How long reviewers held a claimed review before they decided, in the period; claims last `claimMinutes`. */
export async function measureDecisions(
  db: Db,
  { units, from, to }: Period,
  claimMinutes: number,
): Promise<{ decisions: number; minutes: number }> {
  const { rows } = await sql<{ decisions: number; minutes: number }>`
    select count(*) as decisions, coalesce(sum(least(extract(epoch from d.decided_at - v.claimed_until) / 60 + ${claimMinutes}::int, ${claimMinutes}::int)), 0)::float8 as minutes
    from review_decision d join review v on v.id = d.review_id
    where v.claimed_by = d.reviewer_id and d.decided_at <= v.claimed_until and d.decided_at < ${to}
      and (${from}::timestamptz is null or d.decided_at >= ${from}::timestamptz)
      and (${units}::uuid[] is null or v.unit_id = any (${units}::uuid[]))`.execute(db)
  return rows[0]!
}

/** The beginnings of revisions, by id; those that are gone are left out. */
export async function findExcerpts(
  db: Db,
  revisionIds: readonly string[],
): Promise<{ revisionId: string; postId: string; excerpt: string }[]> {
  const { rows } = await sql<{ revisionId: string; postId: string; excerpt: string }>`
    select id as "revisionId", post_id as "postId", left(text, 200) as excerpt from post_revision
      where id = any (${revisionIds}::uuid[])`.execute(db)
  return rows
}
