-- Productions for examiners: asked for, made in the background, kept as long as asked.

create table export (
  id uuid primary key,
  requested_by uuid not null references app_user (id) on delete restrict,
  requested_at timestamptz(3) not null,
  request_record_id uuid not null, -- an export holds everything up to its own request
  reason text not null,
  recipient text,
  time_zone text not null,
  language text not null constraint export_language_known check (language in ('en', 'fr')),
  query jsonb not null, -- as it was asked
  units uuid[], -- whose records may be delivered; null: everything
  whole_log boolean not null, -- may the requester see the headers of every unit? Else those of others are hashes
  formats text[] not null,
  status text not null constraint export_status_known
    check (status in ('waiting', 'running', 'completed', 'failed', 'cancelled')),
  attempt integer not null default 0,
  lease_until timestamptz(3), -- beyond it the process that made it is dead, and another starts again
  phase text not null default 'waiting',
  done bigint not null default 0,
  total bigint not null default 0,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  size bigint,
  sha256 text constraint export_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
  manifest_sha256 text constraint export_manifest_sha256_hex check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
  record_count bigint,
  failure text,
  constraint export_completed_whole check (status <> 'completed' or (size is not null and sha256 is not null and finished_at is not null)),
  constraint export_failed_says_why check (status <> 'failed' or failure is not null)
);
create index export_newest on export (requested_at desc, id desc);
create index export_open on export (requested_at) where status in ('waiting', 'running');

grant select, insert, update on export to gateway_service;
