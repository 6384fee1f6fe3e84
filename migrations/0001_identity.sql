-- Who: units, people, roles, sessions, tokens. The service's role may insert and update; it owns nothing.

create table unit (
  id uuid primary key,
  parent_id uuid references unit (id) on delete restrict,
  name text not null,
  slug text not null constraint unit_slug_unique unique,
  path uuid[] not null, -- from the firm down to this unit, this unit included
  created_at timestamptz(3) not null,
  constraint unit_path_ends_here check (path[cardinality(path)] = id)
);
create index unit_path_index on unit using gin (path);

create table app_user (
  id uuid primary key,
  issuer text not null,
  subject text not null,
  display_name text not null,
  email text,
  locale text not null default 'en' constraint app_user_locale_known check (locale in ('en', 'fr')),
  unit_id uuid not null references unit (id) on delete restrict,
  active boolean not null default true,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint app_user_subject_unique unique (issuer, subject)
);

create type role_name as enum ('author', 'reviewer', 'auditor', 'records_officer', 'policy_owner', 'admin');

create table role_grant (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  role role_name not null,
  unit_id uuid not null references unit (id) on delete restrict,
  source text not null constraint role_grant_source_known check (source in ('group', 'manual', 'scim')),
  granted_at timestamptz(3) not null,
  revoked_at timestamptz(3)
);
create unique index role_grant_once on role_grant (user_id, role, unit_id) where revoked_at is null;

create table user_session (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  provider_sid text, -- the provider's session id, for back-channel logout
  id_token text, -- hint for logout at the provider
  authenticated_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  ended_at timestamptz(3),
  ended_because text
);
create index user_session_user on user_session (user_id) where ended_at is null;
create index user_session_provider_sid on user_session (provider_sid) where ended_at is null;

create table api_token (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  name text not null,
  prefix text not null,
  token_hash bytea not null constraint api_token_hash_unique unique,
  scopes text[] not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
create index api_token_user on api_token (user_id);

create table qualification (
  id uuid primary key,
  user_id uuid not null references app_user (id) on delete restrict,
  name text not null,
  valid_from timestamptz(3) not null,
  valid_until timestamptz(3),
  granted_by uuid references app_user (id) on delete restrict,
  created_at timestamptz(3) not null
);
create index qualification_user on qualification (user_id, name);

-- The first answer to a writing call, kept for a repeat with the same key.
create table idempotency_key (
  actor_id uuid not null,
  key text not null constraint idempotency_key_length check (length(key) between 1 and 200),
  request_hash bytea not null,
  status integer,
  answer text,
  created_at timestamptz(3) not null,
  primary key (actor_id, key)
);
create index idempotency_key_created on idempotency_key (created_at);

-- The service runs as a member of gateway_service (made by the migration runner), which owns nothing.
grant select, insert, update on unit, app_user, role_grant, user_session, api_token, qualification to gateway_service;
grant select, insert, update, delete on idempotency_key to gateway_service;
