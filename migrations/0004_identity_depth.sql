-- Who, in depth: provisioning, role changes by two people, delegation, examiners, and calls that are carried out once.

alter table user_session
  add column groups_state text not null default 'sent'
    constraint user_session_groups_state_known check (groups_state in ('sent', 'missing', 'overage'));

-- Set in the transaction of the call itself: after a crash we know that it happened although its answer was lost.
alter table idempotency_key add column committed_at timestamptz(3);

alter table app_user
  add column user_name text constraint app_user_user_name_unique unique, -- the provisioning client's name for the person
  add column external_id text,
  add column person_key text, -- one human being with several accounts: employee number, else verified e-mail
  add column scim jsonb,
  add column deactivated_at timestamptz(3);
create index app_user_person_key on app_user (person_key) where person_key is not null;
create index app_user_external_id on app_user (external_id) where external_id is not null;

create table scim_group (
  id uuid primary key,
  display_name text not null constraint scim_group_name_unique unique,
  external_id text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);

-- Membership is the provider's; what it meant for roles is in role_grant and in the records, which stay.
create table scim_group_member (
  group_id uuid not null references scim_group (id) on delete restrict,
  user_id uuid not null references app_user (id) on delete restrict,
  primary key (group_id, user_id)
);
create index scim_group_member_user on scim_group_member (user_id);

alter table unit add column updated_at timestamptz(3);

-- Asked for by one person, decided by another, neither of them the one whom it concerns.
create table role_change (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  role role_name not null,
  unit_id uuid not null references unit (id) on delete restrict,
  action text not null constraint role_change_action_known check (action in ('grant', 'revoke')),
  effective_at timestamptz(3) not null,
  reason text not null constraint role_change_reason_given check (length(btrim(reason)) > 0),
  requested_by uuid not null references app_user (id) on delete restrict,
  requested_at timestamptz(3) not null,
  decided_by uuid references app_user (id) on delete restrict,
  decided_at timestamptz(3),
  outcome text constraint role_change_outcome_known check (outcome in ('approved', 'rejected', 'withdrawn')),
  constraint role_change_decided_by_another check (outcome is null or outcome = 'withdrawn' or decided_by <> requested_by),
  constraint role_change_not_decided_by_the_person check (outcome is distinct from 'approved' or decided_by <> user_id),
  constraint role_change_decided_whole check ((outcome is null) = (decided_at is null) and (outcome is null) = (decided_by is null))
);
create unique index role_change_open_once on role_change (user_id, role, unit_id, action) where outcome is null;

-- A reviewer lends the reviewing of a unit for a time. What is lent is what the lender still holds, at each request.
create table delegation (
  id uuid primary key,
  from_user_id uuid not null references app_user (id) on delete restrict,
  to_user_id uuid not null references app_user (id) on delete restrict,
  role role_name not null constraint delegation_of_reviewing check (role = 'reviewer'),
  unit_id uuid not null references unit (id) on delete restrict,
  valid_from timestamptz(3) not null,
  valid_until timestamptz(3) not null,
  reason text not null,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  constraint delegation_between_two check (from_user_id <> to_user_id),
  constraint delegation_ends check (valid_until > valid_from and valid_until <= valid_from + interval '366 days')
);
create index delegation_to_user on delegation (to_user_id) where ended_at is null;
create index delegation_from_user on delegation (from_user_id) where ended_at is null;

-- Time-boxed, read-only, narrowed by a query. The person behind it is an app_user of issuer 'examiner'.
create table examiner_access (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  organisation text not null,
  purpose text not null,
  filter jsonb not null,
  unit_id uuid not null references unit (id) on delete restrict,
  secret_hash bytea not null constraint examiner_access_secret_unique unique,
  valid_from timestamptz(3) not null,
  valid_until timestamptz(3) not null,
  granted_by uuid not null references app_user (id) on delete restrict,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  constraint examiner_access_ends check (valid_until > valid_from and valid_until <= valid_from + interval '366 days')
);
create index examiner_access_user on examiner_access (user_id);

alter table qualification add column revoked_by uuid references app_user (id) on delete restrict;
alter table qualification add column evidence text;

grant select, insert, update on scim_group, role_change, delegation, examiner_access to gateway_service;
grant select, insert, delete on scim_group_member to gateway_service;
grant delete on scim_group to gateway_service;
