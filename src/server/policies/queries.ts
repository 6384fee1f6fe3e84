import { sql } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'
import { groupCalls } from '#server/platform/group-calls.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import type { PolicyFileSource } from './load-policy.ts'

export type PolicyVersionRow = PolicyVersion

const columns = [
  'version',
  'state',
  'rule_count as ruleCount',
  'note',
  'created_by as createdBy',
  'created_at as createdAt',
  'approved_by as approvedBy',
  'approved_at as approvedAt',
  'activate_at as activateAt',
  'activated_at as activatedAt',
  'emergency_until as emergencyUntil',
  'simulation_id as simulationId',
  nameOf('created_by').as('createdByName'),
  nameOf('approved_by').as('approvedByName'),
] as const

function nameOf(column: 'created_by' | 'approved_by') {
  return sql<string | null>`(select u.display_name from app_user u where u.id = ${sql.ref(`policy_version.${column}`)})`
}

export async function findVersions(db: Db): Promise<PolicyVersionRow[]> {
  return (await db
    .selectFrom('policy_version')
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('version')
    .execute()) as PolicyVersionRow[]
}

/** A version without its files, which may be megabytes: whoever needs them takes `findVersion`. */
export async function describeVersion(db: Db | Tx, version: string): Promise<PolicyVersionRow | undefined> {
  const row = await db.selectFrom('policy_version').select(columns).where('version', '=', version).executeTakeFirst()
  return row as PolicyVersionRow | undefined
}

export async function findVersion(
  db: Db | Tx,
  version: string,
): Promise<(PolicyVersionRow & { files: PolicyFileSource[] }) | undefined> {
  const row = await db
    .selectFrom('policy_version')
    .select([...columns, 'files'])
    .where('version', '=', version)
    .executeTakeFirst()
  return row as (PolicyVersionRow & { files: PolicyFileSource[] }) | undefined
}

export async function findOnceActive(
  db: Db,
  atMost: number,
): Promise<{ version: string; files: PolicyFileSource[] }[]> {
  const rows = await db
    .selectFrom('policy_version')
    .select(['version', 'files'])
    .where('activated_at', 'is not', null)
    .orderBy('activated_at', 'desc')
    .limit(atMost)
    .execute()
  return rows as unknown as { version: string; files: PolicyFileSource[] }[]
}

export async function findActiveVersion(db: Db | Tx): Promise<string | undefined> {
  return (await db.selectFrom('policy_version').select('version').where('state', '=', 'active').executeTakeFirst())
    ?.version
}

/** The active version and since when. */
export async function findActivation(
  db: Db,
): Promise<{ readonly version: string; readonly activatedAt: string | null } | undefined> {
  return db
    .selectFrom('policy_version')
    .select(['version', 'activated_at as activatedAt'])
    .where('state', '=', 'active')
    .executeTakeFirst()
}

/** The active version and the approved ones, those that come first at the front. */
export async function findComingVersions(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('policy_version')
    .select('version')
    .where('state', 'in', ['active', 'approved'])
    .orderBy(sql`state = 'active'`, 'desc')
    .orderBy(sql`activate_at`, (order) => order.asc().nullsLast())
    .orderBy('approved_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => row.version)
}

export async function lockVersion(tx: Tx, version: string): Promise<PolicyVersionRow | undefined> {
  return (await tx
    .selectFrom('policy_version')
    .select(columns)
    .where('version', '=', version)
    .forUpdate()
    .executeTakeFirst()) as PolicyVersionRow | undefined
}

export interface NewVersion {
  readonly version: string
  readonly files: readonly PolicyFileSource[]
  readonly ruleCount: number
  readonly note: string
  readonly createdBy: string | null
  readonly at: string
}

/** False when the same files were already written: a version is what it contains. */
export async function insertVersion(tx: Tx, draft: NewVersion): Promise<boolean> {
  const row = await tx
    .insertInto('policy_version')
    .values({
      version: draft.version,
      files: JSON.stringify(draft.files),
      rule_count: draft.ruleCount,
      note: draft.note,
      state: 'draft',
      created_by: draft.createdBy,
      created_at: draft.at,
    })
    .onConflict((conflict) => conflict.column('version').doNothing())
    .returning('version')
    .executeTakeFirst()
  return row !== undefined
}

export async function approveVersion(
  tx: Tx,
  version: string,
  { approvedBy, at, simulationId }: { approvedBy: string; at: string; simulationId: string | null },
): Promise<void> {
  await tx
    .updateTable('policy_version')
    .set({
      // An emergency version is active already and stays so.
      state: sql`case when state = 'active' then 'active' else 'approved' end`,
      approved_by: approvedBy,
      approved_at: at,
      emergency_until: null,
      simulation_id: simulationId,
    })
    .where('version', '=', version)
    .where('approved_by', 'is', null)
    .returning('version')
    .executeTakeFirstOrThrow()
}

export async function scheduleVersion(
  tx: Tx,
  version: string,
  { activateAt, simulationId }: { activateAt: string; simulationId: string | null },
): Promise<void> {
  await tx
    .updateTable('policy_version')
    .set({ activate_at: activateAt, simulation_id: simulationId })
    .where('version', '=', version)
    .returning('version')
    .executeTakeFirstOrThrow()
}

/** Told at every approval and switch: who judges anew, and who keeps the coming versions compiled, looks again. */
export const policyChannel = 'gateway_policy'

export async function announceVersion(tx: Tx, version: string): Promise<void> {
  await sql`select pg_notify(${policyChannel}, ${version})`.execute(tx)
}

/** One switch at a time, taken before any version is locked: two activations could each see no active version. */
export async function lockSwitch(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('policy_version.switch'))`.execute(tx)
}

/** Retires the active version and makes another the active one, with its report; answers what was retired. */
export async function switchVersion(
  tx: Tx,
  version: string,
  at: string,
  simulationId: string | null,
): Promise<string | undefined> {
  await lockSwitch(tx)
  const retired = await tx
    .updateTable('policy_version')
    .set({ state: 'retired', retired_at: at, emergency_until: null })
    .where('state', '=', 'active')
    .where('version', '<>', version)
    .returning('version')
    .executeTakeFirst()
  await tx
    .updateTable('policy_version')
    .set({ state: 'active', activated_at: at, activate_at: null, retired_at: null, simulation_id: simulationId })
    .where('version', '=', version)
    .returning('version')
    .executeTakeFirstOrThrow()
  return retired?.version
}

export async function findDueVersions(db: Db, now: string): Promise<string[]> {
  const rows = await db
    .selectFrom('policy_version')
    .select('version')
    .where('state', '=', 'approved')
    .where('activate_at', '<=', now)
    .orderBy('activate_at')
    .execute()
  return rows.map((row) => row.version)
}

/** How an unapproved emergency version came to be active. */
export interface Emergency {
  readonly by: string
  readonly until: string
  readonly fallback: string
}

export async function markEmergency(tx: Tx, version: string, emergency: Emergency): Promise<void> {
  await tx
    .updateTable('policy_version')
    .set({
      emergency_by: emergency.by,
      emergency_until: emergency.until,
      emergency_fallback: emergency.fallback,
    })
    .where('version', '=', version)
    .returning('version')
    .executeTakeFirstOrThrow()
}

/** Undefined unless the version is active and still without its second approval. */
export async function findEmergency(tx: Tx, version: string): Promise<Emergency | undefined> {
  const row = await tx
    .selectFrom('policy_version')
    .select(['emergency_by as by', 'emergency_until as until', 'emergency_fallback as fallback'])
    .where('version', '=', version)
    .where('state', '=', 'active')
    .where('emergency_until', 'is not', null)
    .executeTakeFirst()
  return row as Emergency | undefined
}

/** A simulation of one version, and how it answers what this version would change today. */
export interface SimulationOfVersion {
  readonly simulationId: string
  readonly isCompleted: boolean
  /** Over the posts of the whole firm. */
  readonly isWhole: boolean
  /** The version in force is the one that was in force when it was asked for. */
  readonly isCurrent: boolean
}

/**
 * The simulation of exactly this version that says most: of the whole firm and beside the version in force, completed, the
 * one that it was approved with, the newest.
 */
export async function findBestSimulation(
  db: Db | Tx,
  version: string,
  active: string | undefined,
): Promise<SimulationOfVersion | undefined> {
  const { rows } = await sql<SimulationOfVersion>`
    select s.id as "simulationId", s.state = 'completed' as "isCompleted", s.units is null as "isWhole",
      s.base_version is not distinct from ${active ?? null} as "isCurrent"
    from policy_simulation s where s.draft_version = ${version}
      and (s.state in ('waiting', 'running') or s.state = 'completed' and (s.report ->> 'complete')::boolean)
    order by (s.units is null) and s.base_version is not distinct from ${active ?? null} desc, s.state = 'completed' desc,
      s.id is not distinct from (select v.simulation_id from policy_version v where v.version = s.draft_version) desc,
      s.requested_at desc, s.id desc limit 1`.execute(db)
  return rows[0]
}

/** Whether the report that was attached to a version compares it with the version in force. */
export async function isSimulatedBeside(
  tx: Tx,
  version: { readonly version: string; readonly simulationId: string | null },
  active: string | undefined,
): Promise<boolean> {
  const { rows } = await sql`
    select from policy_simulation s where s.id = ${version.simulationId} and s.draft_version = ${version.version}
      and s.state = 'completed' and s.base_version is not distinct from ${active ?? null}`.execute(tx)
  return rows.length > 0
}

/** Who started the version as an emergency, also after its time. */
export async function findEmergencyStarter(tx: Tx, version: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('policy_version')
    .select('emergency_by as by')
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.by ?? undefined
}

export async function findLapsedEmergencies(db: Db, now: string): Promise<string[]> {
  const rows = await db
    .selectFrom('policy_version')
    .select('version')
    .where('emergency_until', '<=', now)
    .orderBy('emergency_until')
    .execute()
  return rows.map((row) => row.version)
}

/** What a verdict needs to know besides the content, read in one statement. */
export interface EvaluationContext {
  readonly activeVersion: string | null
  readonly unitSlugs: string[]
  readonly qualifications: string[]
  readonly profiles: {
    profileId: string
    network: string
    handle: string
    remoteAccountId: string | null
    settings: Record<string, unknown>
    unitId: string
    status: string
  }[]
}

interface ContextQuestion {
  readonly author: { readonly userId: string; readonly unitId: string; readonly reach?: readonly string[] | undefined }
  readonly profileIds: readonly string[]
  readonly now: string
}

/** Outside a transaction, questions that come at once share the round trip. */
export function findEvaluationContext(db: Db | Tx, question: ContextQuestion): Promise<EvaluationContext> {
  return db.isTransaction
    ? findContexts(db, [question]).then(([context]) => context!)
    : findContextTogether(db, question)
}

const findContextTogether = groupCalls(findContexts)

async function findContexts(db: Db | Tx, questions: readonly ContextQuestion[]): Promise<EvaluationContext[]> {
  const wanted = questions.map(({ author, profileIds, now }, place) => ({
    place,
    user_id: author.userId,
    unit_id: author.unitId,
    profile_ids: profileIds,
    reach: author.reach ?? null,
    now,
  }))
  const { rows } = await sql<EvaluationContext>`
    select
      (select version from policy_version where state = 'active') as "activeVersion",
      coalesce((select array_agg(u.slug order by p.place) from unit own, unnest(own.path) with ordinality as p (id, place)
        join unit u on u.id = p.id where own.id = w.unit_id), '{}') as "unitSlugs",
      coalesce((select array_agg(distinct q.name) from qualification q where q.user_id = w.user_id
        and q.valid_from <= w.now and (q.valid_until is null or q.valid_until > w.now)), '{}') as "qualifications",
      coalesce((select jsonb_agg(jsonb_build_object('profileId', f.id, 'network', f.network, 'handle', f.handle,
        'remoteAccountId', f.remote_account_id, 'settings', f.settings, 'unitId', f.unit_id, 'status', f.status))
        from profile f where f.id = any(w.profile_ids) and (w.reach is null
          or exists (select from unit at where at.id = f.unit_id and at.path && w.reach))), '[]') as "profiles"
    from json_to_recordset(${JSON.stringify(wanted)}::json)
      as w (place int, user_id uuid, unit_id uuid, profile_ids uuid[], reach uuid[], now timestamptz)
    order by w.place`.execute(db)
  return rows
}
