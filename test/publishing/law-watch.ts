import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { NetworkError, type Network, type NetworkAccount } from '#server/platform/network.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** How a network takes what it is sent: well, or one of the ways in which it does not. */
export type Mood = 'well' | 'busy' | 'refused' | 'locked_out' | 'lost_before' | 'lost_after' | 'silent'

export interface Watch {
  mood: Mood
  readonly network: Network
  /** The payload keys that stand at the network now. */
  readonly shown: ReadonlySet<string>
  /** Throws where a law does not hold after `act`. */
  check(gateway: TestGateway, act: string): Promise<void>
}

interface Sent {
  readonly key: string
  readonly text: string
}

const read = (payload: string) => JSON.parse(payload) as Sent

/**
 * A network that is as moody as it is told to be, forgets nothing, makes a second post of everything that is sent twice, and
 * looks into the tables whenever it is called: what is sent must have been agreed to, at this moment.
 */
export function watchNetwork(sandbox: Network, gateway: () => TestGateway): Watch {
  const shown = new Set<string>()
  const problems: string[] = []
  let before: Snapshot | undefined
  const fail = (nextStep: ConstructorParameters<typeof NetworkError>[0]): never => {
    throw new NetworkError(nextStep, `The network is ${watch.mood}.`)
  }
  const answer = () => {
    if (watch.mood === 'silent') fail('outcome_unknown')
    if (watch.mood === 'locked_out') fail('reauthorise')
  }
  const network: Network = {
    ...sandbox,
    repeatable: false,
    async publish(account, payload, media) {
      problems.push(...(await objectTo(gateway(), account, read(payload))))
      answer()
      if (watch.mood === 'busy') fail('retry_later')
      if (watch.mood === 'refused') fail('rejected')
      if (watch.mood === 'lost_before') fail('outcome_unknown')
      const { key } = read(payload)
      if (shown.has(key)) problems.push(`${key} stands at the network twice`)
      shown.add(key)
      const published = await sandbox.publish(account, payload, media)
      return watch.mood === 'lost_after' ? fail('outcome_unknown') : published
    },
    async find(account, payload) {
      answer()
      return shown.has(read(payload).key) ? sandbox.find(account, payload) : undefined
    },
    async capture(account, remoteId) {
      answer()
      return sandbox.capture(account, remoteId)
    },
    async retract(account, remoteId) {
      answer()
      if (watch.mood === 'refused') fail('rejected')
      const captured = await sandbox.capture(account, remoteId)
      if (captured !== undefined) shown.delete(read(Buffer.from(captured.responseBytes).toString()).key)
      return sandbox.retract(account, remoteId)
    },
  }
  const watch: Watch = {
    mood: 'well',
    network,
    shown,
    async check(now, act) {
      const after = await takeSnapshot(now)
      if (before !== undefined) problems.push(...findUnrecorded(before, after))
      problems.push(...(await findBroken(now)))
      before = after
      assert.deepEqual(problems, [], act)
    },
  }
  return watch
}

/** Law 1: why this should not have been sent; what the gate says is not asked. */
async function objectTo(gateway: TestGateway, account: NetworkAccount, sent: Sent): Promise<string[]> {
  const [revisionId, profileId] = sent.key.split(':')
  const { rows } = await sql<Record<string, boolean | string>>`
    select concat_ws(' ', 'post', p.status, 'publication', x.status, p.current_revision_id = r.id) as stands, p.current_revision_id = r.id and x.status = 'publishing' and p.status in ('publishing', 'unconfirmed', 'partly_published')
        as "it is the current revision of a post under way",
      r.text = ${sent.text} and f.id::text = ${account.profileId} as "it is the text that was approved, for this profile",
      f.status = 'connected' as "its profile is connected",
      not exists (select from stop s where s.lifted_at is null and (s.scope in ('everything', 'unit') or s.scope_id = x.network
        or s.scope_id = f.id::text)) as "nothing is stopped",
      e.policy_version = (select version from policy_version where state = 'active') and e.verdict <> 'block'
        as "the policy in force lets it pass",
      not exists (select from jsonb_array_elements(e.required_stages) with ordinality as stage (asks, number)
        where (stage.asks ->> 'need')::int > (select count(distinct d.reviewer_id) from review v join review_decision d on d.review_id = v.id
          where v.revision_id = r.id and v.stage = stage.asks ->> 'name' and v.stage_index = number - 1 and d.outcome = 'approved'
            and v.qualification is not distinct from stage.asks ->> 'qualification'
            and d.content_hash = r.content_hash and d.reviewer_id <> p.author_id)) as "every stage agreed",
      exists (select from archive.leaf l where l.record_id = x.release_record_id
        and l.log_index < (select max(tree_size) from archive.checkpoint)) as "its release is sealed",
      not exists (select from review v join review_decision d on d.review_id = v.id where v.revision_id = r.id and not exists (
        select from archive.leaf l where l.record_id = d.record_id and l.log_index < (select max(tree_size) from archive.checkpoint)))
        as "every decision is sealed",
      x.retract_requested_by is null and (r.scheduled_at is null or r.scheduled_at <= ${gateway.clock.now()}) as "it is due and wanted"
    from publication x join post_revision r on r.id = x.revision_id join post p on p.id = x.post_id join profile f on f.id = x.profile_id
      cross join lateral (select * from policy_evaluation e where e.revision_id = r.id order by e.evaluated_at desc, e.id desc limit 1) e
    where x.revision_id = ${revisionId} and x.profile_id = ${profileId}`.execute(gateway.db)
  if (rows[0] === undefined) return [`${sent.key} is sent and no publication`]
  const { stands, ...laws } = rows[0]
  return Object.entries(laws).flatMap(([law, holds]) =>
    holds ? [] : [`${sent.key} is sent (${stands}), and it is not so that ${law}`],
  )
}

interface Snapshot {
  readonly seq: number
  /** What stands, by kind and id; what it must have a record on when it changes. */
  readonly rows: ReadonlyMap<string, { readonly stands: string; readonly on: string }>
  readonly records: readonly { readonly seq: number; readonly type: string; readonly on: string }[]
}

async function takeSnapshot({ db }: TestGateway): Promise<Snapshot> {
  const { rows } = await sql<{ id: string; stands: string; on: string }>`
    select 'post ' || id as id, concat(status, current_revision_id) as stands, id::text as "on" from post
    union all select 'review ' || id, concat_ws(' ', status, claimed_by, assigned_to, escalated_at), post_id::text from review
    union all select 'decision ' || id, outcome, (select post_id::text from review where id = review_id) from review_decision
    union all select 'publication ' || id, concat_ws(' ', case when status in ('waiting', 'cancelled') then 'waits' else status end, attempts,
      retract_requested_by, captured_at), post_id::text from publication
    union all select 'stop ' || id, concat_ws(' ', lift_requested_by, lifted_by), 'stop' from stop
    union all select 'policy ' || version, state, 'policy' from policy_version
    union all select 'profile ' || id, status, id::text from profile`.execute(db)
  const records = await sql<{ seq: number; type: string; on: string }>`
    select seq::int as seq, type, convert_from(header, 'UTF8')::json ->> 'streams' as "on" from archive.archive_record order by seq`.execute(
    db,
  )
  return { seq: records.rows.at(-1)?.seq ?? 0, rows: new Map(rows.map((row) => [row.id, row])), records: records.rows }
}

/** Laws 2 and 3: every change has a record of the same act, and no record ever goes. */
function findUnrecorded(before: Snapshot, after: Snapshot): string[] {
  const fresh = after.records.filter(({ seq }) => seq > before.seq)
  const isTold = (on: string) => fresh.some((record) => record.on.includes(on) || record.type.startsWith(`${on}.`))
  const untold = [...after.rows].flatMap(([id, { stands, on }]) => {
    const stood = before.rows.get(id)?.stands ?? (id.startsWith('publication') ? 'waits 0' : undefined)
    return stood === stands || isTold(on)
      ? []
      : [`${id} was ${stood ?? 'not there'}, is ${stands}, and no record says so`]
  })
  const gone = [...before.rows.keys()].filter((id) => !after.rows.has(id)).map((id) => `${id} is gone`)
  const kept = after.records.length - fresh.length === before.records.length
  return [...untold, ...gone, ...(kept ? [] : ['a record is gone'])]
}

/** Laws 4 and 5 as the tables have them. */
async function findBroken({ db }: TestGateway): Promise<string[]> {
  const { rows } = await sql<{ problem: string }>`
    select 'decided on by its author: ' || r.post_id as problem from review_decision d join review r on r.id = d.review_id
      join post p on p.id = r.post_id where same_person(d.reviewer_id, p.author_id)
    union all select 'one person approved two stages at once: ' || r.revision_id from review_decision d join review r on r.id = d.review_id
      where d.outcome = 'approved' group by r.revision_id, d.reviewer_id having count(*) > 1
    union all select 'attempts without a record: ' || x.id from publication x where x.attempts > 0 and not exists (
      select from archive.archive_record a where a.type = 'publication.attempted' and convert_from(a.header, 'UTF8')::json -> 'streams' ->> 'post' = x.post_id::text)
    union all select 'published without a permalink: ' || x.id from publication x where x.status = 'published' and x.permalink is null`.execute(
    db,
  )
  return rows.map(({ problem }) => problem)
}
