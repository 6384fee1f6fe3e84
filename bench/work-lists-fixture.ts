import type pg from 'pg'

/** Who looks at the lists, and where the firm's people sit: a firm of ten regions with twenty branches each. */
export interface LoadedFirm {
  readonly authorId: string
  readonly firmReviewerId: string
  readonly branchReviewerId: string
  readonly policyOwnerId: string
}

const branches = 200
const authors = 2_000
const networks = `(array['linkedin', 'x', 'bluesky'])[1 + g % 3]`

/** A UUIDv7 whose time is a second after that of the row before, as an SQL expression of `g`. */
const id = (kind: string, number = 'g'): string =>
  `(overlay(lpad(to_hex(1700000000000 + (${number})::bigint * 1000), 12, '0') placing '-' from 9 for 0) || '-7000-800${kind}-' || lpad(to_hex(${number}), 12, '0'))::uuid`

const [post, revision, evaluation, review, decision, publication] = ['1', '2', '3', '4', '5', '6'].map((kind) =>
  id(kind),
)
const unitOf = (number: string): string => id('7', number)
const userOf = (number: string): string => id('8', number)

/**
 * Loads a firm that has used the gateway for years, with set statements: `total` posts with a revision, a verdict and a
 * publication each; a third of them were reviewed, and each of those broke one to three of sixty rules, of which reviewers said whether they
 * were right. The newest
 * `open` posts wait in the queue, as many again are drafts.
 */
export async function loadYears(
  owner: pg.Client,
  firmId: string,
  { total, open }: { readonly total: number; readonly open: number },
): Promise<LoadedFirm> {
  const region = (branch: string) => unitOf(`1000 + (${branch}) % 10`)
  const branch = `(g % ${authors}) % ${branches}`
  const author = userOf(`g % ${authors}`)
  const unit = unitOf(branch)
  // What waits came within the last hours, everything else at a steady pace before it.
  const at = `now() - make_interval(secs => least(${total} - g, ${2 * open}) * 6 + greatest(${total} - g - ${2 * open}, 0) * 90)`
  const isOpen = `g > ${total - open}`
  const isDraft = `g between ${total - 2 * open + 1} and ${total - open}`
  const wasReviewed = `g % 3 = 0 and g <= ${total - 2 * open}`
  const hash = `repeat('0', 64)`
  const version = 'b'.repeat(64)
  const finding = (number: string) =>
    `jsonb_build_object('ruleId', 'rule-' || (${number}) % 60, 'severity', 'review', 'message', jsonb_build_object('en', 'Say who may ask.', 'fr', 'Dites qui peut demander.'), 'spans', '[]'::jsonb)`
  const broken = (value: string) => `select ${value} from generate_series(0, (g / 180) % 3) n`
  const ruleId = `'rule-' || (g / 3 + n * 7) % 60`
  const judgement = `(g / 3 + n) % 4 > 0`
  const findings = `case when ${isOpen} or g % 3 = 0 then (${broken(`jsonb_agg(${finding('g / 3 + n * 7')})`)}) else '[]'::jsonb end`
  const said = (value: string) => `case when ${wasReviewed} then ${value} end`
  const outcome = `(array['approved', 'approved', 'approved', 'rejected', 'changes_requested'])[1 + (g / 3) % 5]`
  const status = `case when ${isOpen} then 'in_review' when ${isDraft} then 'draft' when g % 3 = 0 and (g / 3) % 5 > 2 then ${outcome} else 'published' end::post_status`
  const word = `(array['fees', 'branch', 'mortgage', 'savings', 'webinar', 'pension', 'charity'])[1 + g % 7]`
  await owner.query(
    "set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '512MB'",
  )
  await owner.query(
    `insert into policy_version (version, files, rule_count, state, created_at, activated_at) values ($1, '[]', 60, 'retired', now(), now())`,
    [version],
  )
  await owner.query(`
    insert into unit (id, parent_id, slug, name, path, created_at)
      select ${unitOf('1000 + g')}, '${firmId}', 'region-' || g, 'Region ' || g, array['${firmId}'::uuid, ${unitOf('1000 + g')}], now() from generate_series(0, 9) g;
    insert into unit (id, parent_id, slug, name, path, created_at)
      select ${unitOf('g')}, ${region('g')}, 'branch-' || g, 'Branch ' || g, array['${firmId}'::uuid, ${region('g')}, ${unitOf('g')}], now() from generate_series(0, ${branches - 1}) g;
    insert into app_user (id, issuer, subject, display_name, unit_id, created_at, updated_at)
      select ${userOf('g')}, 'bench', 'person-' || g, 'Person ' || g, ${unitOf(`g % ${branches}`)}, now(), now() from generate_series(0, ${authors + 2}) g;
    insert into role_grant (id, user_id, role, unit_id, source, granted_at)
      select gen_random_uuid(), ${userOf('g')}, case when g < ${authors} then 'author' when g < ${authors + 2} then 'reviewer' else 'policy_owner' end::role_name,
        case when g in (${authors}, ${authors + 2}) then '${firmId}'::uuid else ${unitOf(`g % ${branches}`)} end, 'group', now() - interval '1 day' from generate_series(0, ${authors + 2}) g;
    insert into profile (id, network, handle, display_name, unit_id, status, created_at, updated_at)
      select ${id('9')}, ${networks}, 'handle-' || g, 'Profile ' || g, '${firmId}', 'connected', now(), now() from generate_series(0, 2) g`)
  const { rows: indexes } = await owner.query<{ name: string; definition: string }>(`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid in ('post'::regclass, 'policy_evaluation'::regclass, 'review'::regclass, 'review_decision'::regclass, 'rule_hit'::regclass, 'publication'::regclass)
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`)
  await owner.query(`drop index ${indexes.map(({ name }) => name).join()}`)
  const all = `from generate_series(1, ${total}) g`
  await owner.query(`
    insert into post_revision (id, post_id, number, text, language, links, media, sources, profile_ids, targets, communication_class, is_static, topics, content_hash, created_by, created_at)
      select ${revision}, ${post}, 1, 'Our ' || ${word} || ' day no. ' || g || ' opens on Saturday morning: come and meet the client service team over coffee, and bring your questions.', 'en', '[]', '[]', '[]',
        array[${id('9', 'g % 3')}], jsonb_build_array(jsonb_build_object('profileId', ${id('9', 'g % 3')}, 'network', ${networks}, 'payload', '{}', 'payloadSha256', ${hash})), 'retail', true, '{}', ${hash}, ${author}, ${at} ${all};
    insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select ${post}, ${author}, ${unit}, ${status}, ${revision}, ${at}, ${at} ${all};
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, trace, inputs, inputs_hash, occasion, evaluated_at, handed_in)
      select ${evaluation}, ${revision}, '${version}', case when g % 3 = 0 or ${isOpen} then 'review' else 'pass' end, ${findings}, '[]', '[]', '[]', '{}', ${hash}, 'submission', ${at}, true ${all};
    insert into review (id, post_id, revision_id, content_hash, author_id, unit_id, stage_index, stage, need, policy_version, verdict, severity, finding_count, networks, status, due_at, created_at, closed_at)
      select ${review}, ${post}, ${revision}, ${hash}, ${author}, ${unit}, 0, 'compliance', 1, '${version}', 'review', 'review', 1, array[${networks}],
        case when ${isOpen} then 'open' else ${outcome} end, ${at} + interval '8 hours', ${at}, case when ${isOpen} then null else ${at} + interval '1 hour' end ${all} where ${isOpen} or ${wasReviewed};
    insert into review_decision (id, review_id, reviewer_id, author_id, outcome, content_hash, reason, finding_judgements, record_id, decided_at)
      select ${decision}, ${review}, ${userOf(String(authors))}, ${author}, ${outcome}, ${hash}, 'Because of the rule.', (${broken(`jsonb_object_agg(${ruleId}, ${judgement})`)}), ${decision}, ${at} + interval '1 hour' ${all} where ${wasReviewed};
    insert into rule_hit (revision_id, evaluation_id, rule_id, unit_id, found_at, findings, share, judged, minutes, neighbours)
      select ${revision}, ${evaluation}, ${ruleId}, ${unit}, ${at}, 1, 1.0 / ((g / 180) % 3 + 1), ${said(judgement)}, 4,
        ${said(`array['our ' || floor(5000 * random() ^ 3), floor(5000 * random() ^ 3) || ' day']`)}
        ${all}, generate_series(0, (g / 180) % 3) n where ${isOpen} or g % 3 = 0;
    insert into publication (id, post_id, revision_id, profile_id, network, status, payload_sha256, due_at, attempts, published_at, captured_at, created_at, updated_at)
      select ${publication}, ${post}, ${revision}, ${id('9', 'g % 3')}, ${networks}, 'published', ${hash}, ${at}, 1, ${at}, ${at}, ${at}, ${at} ${all} where not (${isOpen} or ${isDraft} or g % 3 = 0 and (g / 3) % 5 > 2)`)
  await owner.query(indexes.map(({ definition }) => definition).join(';'))
  await owner.query('vacuum analyze')
  await owner.query('checkpoint; set session_replication_role = origin')
  const { rows } = await owner.query<LoadedFirm>(
    `select ${userOf('0')} as "authorId", ${userOf(String(authors))} as "firmReviewerId", ${userOf(String(authors + 1))} as "branchReviewerId",
      ${userOf(String(authors + 2))} as "policyOwnerId"`,
  )
  return rows[0]!
}
