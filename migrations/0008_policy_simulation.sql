-- A draft run over what was said before, and block rules that start at once.

create table policy_simulation (
  id uuid primary key,
  requested_by uuid not null references app_user (id) on delete restrict,
  requested_at timestamptz(3) not null,
  units uuid[], -- whose posts are judged; null: everybody's
  files jsonb not null, -- the draft as it was given
  draft_version text not null constraint policy_simulation_version_is_sha256 check (draft_version ~ '^[0-9a-f]{64}$'),
  base_version text references policy_version (version) on delete restrict, -- in force when it was asked for
  from_at timestamptz(3),
  to_at timestamptz(3) not null, -- half-open: what is judged later is not in it
  state text not null constraint policy_simulation_state_known
    check (state in ('waiting', 'running', 'completed', 'cancelled', 'failed')),
  cancel_requested_by uuid references app_user (id) on delete restrict,
  attempt integer not null default 0,
  lease_until timestamptz(3), -- beyond it the process that ran it is dead, and another starts again
  done bigint not null default 0,
  total bigint not null default 0,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  report jsonb, -- figures and ids, no text: what is disposed of is not kept here
  failure text,
  constraint policy_simulation_completed_whole check (state <> 'completed' or report is not null),
  constraint policy_simulation_failed_says_why check (state <> 'failed' or failure is not null)
);
create index policy_simulation_newest on policy_simulation (requested_at desc, id desc);
create index policy_simulation_open on policy_simulation (requested_at) where state in ('waiting', 'running');
create index policy_evaluation_history on policy_evaluation (evaluated_at, id) where occasion = 'submission';

-- An emergency version is active before its second approval; without one it gives way to its fallback.
alter table policy_version
  add column emergency_by uuid references app_user (id) on delete restrict,
  add column emergency_until timestamptz(3),
  add column emergency_fallback text references policy_version (version) on delete restrict,
  add constraint policy_version_emergency_whole check (emergency_until is null
    or (state = 'active' and approved_by is null and emergency_by is not null and emergency_fallback is not null)),
  add constraint policy_version_emergency_four_eyes check (approved_by is null or approved_by is distinct from emergency_by);
create index policy_version_emergency on policy_version (emergency_until) where emergency_until is not null;

grant select, insert, update on policy_simulation to gateway_service;
