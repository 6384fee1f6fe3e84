-- Where we speak, what must be true, the thing, who agreed, and the way out.

create table profile (
  id uuid primary key,
  network text not null,
  handle text not null,
  display_name text not null,
  unit_id uuid not null references unit (id) on delete restrict,
  status text not null constraint profile_status_known
    check (status in ('registered', 'connected', 'paused', 'disconnected', 'needs_reauthorisation')),
  remote_account_id text,
  settings jsonb not null default '{}',
  credential bytea, -- sealed by the secret box, the profile's id as context
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint profile_handle_unique unique (network, handle)
);

create table policy_version (
  version text primary key constraint policy_version_is_sha256 check (version ~ '^[0-9a-f]{64}$'),
  files jsonb not null,
  rule_count integer not null,
  note text not null default '',
  state text not null constraint policy_version_state_known check (state in ('draft', 'approved', 'active', 'retired')),
  created_by uuid references app_user (id) on delete restrict, -- null: shipped with the program
  created_at timestamptz(3) not null,
  approved_by uuid references app_user (id) on delete restrict,
  approved_at timestamptz(3),
  activate_at timestamptz(3),
  activated_at timestamptz(3),
  retired_at timestamptz(3),
  constraint policy_version_four_eyes check (approved_by is null or approved_by is distinct from created_by)
);
create unique index policy_version_one_active on policy_version ((true)) where state = 'active';

create type post_status as enum ('draft', 'blocked', 'in_review', 'changes_requested', 'rejected', 'approved', 'scheduled',
  'publishing', 'published', 'partly_published', 'unconfirmed', 'failed', 'stopped', 'expired', 'withdrawn', 'retracted');

create table post (
  id uuid primary key,
  author_id uuid not null references app_user (id) on delete restrict,
  unit_id uuid not null references unit (id) on delete restrict,
  status post_status not null,
  current_revision_id uuid not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);
create index post_author on post (author_id, created_at desc, id desc);
create index post_unit on post (unit_id, created_at desc, id desc);
create index post_created on post (created_at desc, id desc);
create index post_status_index on post (status);

-- Immutable: the service's role has no update here.
create table post_revision (
  id uuid primary key,
  post_id uuid not null references post (id) on delete restrict deferrable initially deferred,
  number integer not null,
  text text not null,
  language text,
  links jsonb not null,
  media jsonb not null, -- [{ mediaId, sha256, mimeType, altText }]
  sources jsonb not null,
  profile_ids uuid[] not null,
  targets jsonb not null, -- [{ profileId, network, payload, payloadSha256 }]: the payload that will be sent
  scheduled_at timestamptz(3),
  communication_class text not null constraint post_revision_class_known
    check (communication_class in ('retail', 'correspondence', 'institutional')),
  is_static boolean not null,
  topics text[] not null,
  content_hash text not null constraint post_revision_hash_is_sha256 check (content_hash ~ '^[0-9a-f]{64}$'),
  created_by uuid not null references app_user (id) on delete restrict,
  created_at timestamptz(3) not null,
  constraint post_revision_number_unique unique (post_id, number)
);
alter table post add constraint post_current_revision
  foreign key (current_revision_id) references post_revision (id) deferrable initially deferred;

-- What policy said of a revision. Several a revision: at submission, at activation of a new version, at release.
create table policy_evaluation (
  id uuid primary key,
  revision_id uuid not null references post_revision (id) on delete restrict,
  policy_version text not null references policy_version (version) on delete restrict,
  verdict text not null constraint policy_evaluation_verdict_known check (verdict in ('pass', 'review', 'block')),
  findings jsonb not null,
  required_stages jsonb not null,
  per_network jsonb not null,
  inputs jsonb not null,
  inputs_hash text not null,
  occasion text not null constraint policy_evaluation_occasion_known
    check (occasion in ('submission', 'activation', 'release')),
  evaluated_at timestamptz(3) not null
);
create index policy_evaluation_revision on policy_evaluation (revision_id, evaluated_at desc, id desc);

create table post_comment (
  id uuid primary key,
  post_id uuid not null references post (id) on delete restrict,
  author_id uuid not null references app_user (id) on delete restrict,
  text text not null,
  created_at timestamptz(3) not null
);
create index post_comment_post on post_comment (post_id, created_at);

create table media (
  id uuid primary key,
  uploaded_by uuid not null references app_user (id) on delete restrict,
  sha256 text not null,
  mime_type text not null,
  size integer not null,
  alt_text text,
  object_key text not null,
  created_at timestamptz(3) not null
);

create table review (
  id uuid primary key,
  post_id uuid not null references post (id) on delete restrict,
  revision_id uuid not null references post_revision (id) on delete restrict,
  content_hash text not null,
  author_id uuid not null references app_user (id) on delete restrict,
  unit_id uuid not null references unit (id) on delete restrict,
  stage_index integer not null,
  stage text not null,
  need integer not null constraint review_need_positive check (need > 0),
  qualification text,
  stage_unit_id uuid references unit (id) on delete restrict, -- reviewers must come from here, where the route says so
  policy_version text not null references policy_version (version) on delete restrict,
  verdict text not null,
  severity text,
  finding_count integer not null,
  networks text[] not null,
  status text not null constraint review_status_known
    check (status in ('open', 'waiting', 'approved', 'rejected', 'changes_requested', 'voided')),
  claimed_by uuid references app_user (id) on delete restrict,
  claimed_until timestamptz(3),
  assigned_to uuid references app_user (id) on delete restrict,
  escalated_at timestamptz(3),
  due_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  closed_at timestamptz(3),
  constraint review_stage_unique unique (revision_id, stage_index, policy_version),
  constraint review_not_claimed_by_author check (claimed_by is null or claimed_by <> author_id),
  constraint review_not_assigned_to_author check (assigned_to is null or assigned_to <> author_id)
);
create index review_queue on review (status, due_at, id);
create index review_post on review (post_id);

-- Law 4 in the database: maker and checker are two people. Insert only.
create table review_decision (
  id uuid primary key,
  review_id uuid not null references review (id) on delete restrict,
  reviewer_id uuid not null references app_user (id) on delete restrict,
  author_id uuid not null,
  outcome text not null constraint review_decision_outcome_known
    check (outcome in ('approved', 'rejected', 'changes_requested')),
  content_hash text not null,
  reason text,
  finding_judgements jsonb not null default '{}',
  record_id uuid not null,
  decided_at timestamptz(3) not null,
  constraint review_decision_once unique (review_id, reviewer_id),
  constraint review_decision_not_by_author check (reviewer_id <> author_id),
  constraint review_decision_reason_given check (outcome = 'approved' or length(btrim(coalesce(reason, ''))) > 0)
);

create function review_decision_guard() returns trigger language plpgsql as $$
declare
  found record;
begin
  select r.author_id, r.content_hash, p.created_by into found
    from review r join post_revision p on p.id = r.revision_id where r.id = new.review_id;
  if new.author_id is distinct from found.author_id or new.reviewer_id = found.author_id or new.reviewer_id = found.created_by then
    raise exception 'nobody reviews their own work' using errcode = 'check_violation', constraint = 'review_decision_not_by_author';
  end if;
  if new.content_hash is distinct from found.content_hash then
    raise exception 'a decision binds to the content that was reviewed' using errcode = 'check_violation', constraint = 'review_decision_binds_content';
  end if;
  return new;
end $$;
create trigger review_decision_guard before insert on review_decision for each row execute function review_decision_guard();

create table publication (
  id uuid primary key,
  post_id uuid not null references post (id) on delete restrict,
  revision_id uuid not null references post_revision (id) on delete restrict,
  profile_id uuid not null references profile (id) on delete restrict,
  network text not null,
  status text not null constraint publication_status_known
    check (status in ('waiting', 'publishing', 'published', 'failed', 'unconfirmed', 'stopped', 'cancelled', 'retracted')),
  payload_sha256 text not null,
  stamped_payload text, -- set once, at the first release; every attempt sends these bytes
  due_at timestamptz(3) not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz(3),
  lease_until timestamptz(3),
  release_record_id uuid, -- the record that must be sealed before the network is called
  remote_id text,
  permalink text,
  published_at timestamptz(3),
  captured_at timestamptz(3), -- when the live copy was read back
  retract_requested_by uuid references app_user (id) on delete restrict,
  retract_reason text,
  last_error text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint publication_once unique (revision_id, profile_id)
);
create index publication_due on publication (next_attempt_at) where status in ('waiting', 'publishing', 'unconfirmed', 'stopped');
create index publication_post on publication (post_id);

create table publication_attempt (
  id uuid primary key,
  publication_id uuid not null references publication (id) on delete restrict,
  number integer not null,
  started_at timestamptz(3) not null,
  finished_at timestamptz(3),
  outcome text,
  error text,
  constraint publication_attempt_number_unique unique (publication_id, number)
);

create table stop (
  id uuid primary key,
  scope text not null constraint stop_scope_known check (scope in ('everything', 'unit', 'network', 'profile')),
  scope_id text constraint stop_scope_id_given check ((scope = 'everything') = (scope_id is null)),
  reason text not null,
  engaged_by uuid not null references app_user (id) on delete restrict,
  engaged_at timestamptz(3) not null,
  lift_requested_by uuid references app_user (id) on delete restrict,
  lift_requested_at timestamptz(3),
  lifted_by uuid references app_user (id) on delete restrict,
  lifted_at timestamptz(3),
  constraint stop_lifted_by_two check (lifted_by is null or lifted_by <> lift_requested_by)
);
create index stop_engaged on stop (scope, scope_id) where lifted_at is null;

grant select, insert, update on profile, policy_version, post, review, publication, publication_attempt, stop to gateway_service;
grant select, insert on post_revision, policy_evaluation, post_comment, media, review_decision to gateway_service;
