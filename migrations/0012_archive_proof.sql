-- Proof outside our reach: anchors, locks and legal holds in the bucket, and the directory of streams.

select set_config('gateway.migration', 'on', true);

-- What somebody outside has seen: evidence is the witness's signature line or the authority's answer; null for a copy.
create table archive.anchor (
  name text not null,
  kind text not null constraint anchor_kind_known check (kind in ('bucket', 'timestamp', 'witness')),
  tree_size bigint not null references archive.seal (tree_size),
  anchored_at timestamptz(3) not null,
  evidence bytea,
  primary key (name, tree_size),
  constraint anchor_evidence_whole check ((kind = 'bucket') = (evidence is null))
);
-- Whether an anchor works; one row each, and no evidence.
create table archive.anchor_state (
  name text primary key,
  kind text not null,
  failing_since timestamptz(3),
  failure text,
  reported boolean not null default false,
  constraint anchor_failure_whole check ((failing_since is null) = (failure is null))
);

alter table archive.object drop constraint object_kind_known;
alter table archive.object add constraint object_kind_known
  check (kind in ('entries', 'bodies', 'tile', 'checkpoint', 'timestamp'));

-- Legal holds on objects of the bucket, each for one hold; the object is free when the last of them is lifted.
create table archive.object_hold (
  hold_id uuid not null references archive.hold (id),
  key text not null,
  version_id text not null,
  placed_at timestamptz(3) not null,
  lifted_at timestamptz(3),
  primary key (hold_id, key)
);
create index object_hold_in_force on archive.object_hold (key) where lifted_at is null;
-- How far of the sealed log a hold was carried into the bucket.
create table archive.hold_coverage (
  hold_id uuid primary key references archive.hold (id),
  tree_size bigint not null,
  evaluated_at timestamptz(3) not null
);

-- Locks that were made longer after their object was stored.
create table archive.object_lock (
  key text not null,
  version_id text not null,
  retain_until timestamptz not null,
  lengthened_at timestamptz(3) not null,
  primary key (key, retain_until)
);
-- Terms that the bucket's locks keep. Those of the beginning need no lengthening.
create table archive.locked_term (
  retention_class text not null references archive.retention_class (name),
  years integer not null,
  done_at timestamptz(3) not null,
  primary key (retention_class, years)
);
insert into archive.locked_term (retention_class, years, done_at)
  select name, years, now() from archive.retention_class c where years is not null
    and not exists (select from archive.archive_record where type = 'retention.extended');

-- The head of every stream at one size of the log; the record in the log carries the root of their tree.
create table archive.directory (
  tree_size bigint primary key,
  record_id uuid not null unique,
  committed_at timestamptz(3) not null,
  heads text not null -- one line a stream: kind, id, next number; in byte order
);

-- The years that a class had at an instant: each lengthening is a record that says what it was before. The searchable copy
-- finds them, because an index of their own would cost every append.
create function archive.years_at(class text, at timestamptz) returns integer
language sql stable set search_path = pg_catalog as $$
  select coalesce(
    (select (content ->> 'from')::integer
      from archive.findable s
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
      where s.type = 'retention.extended' and s.recorded_at > at and content ->> 'retentionClass' = class
      order by r.recorded_at, r.seq limit 1),
    (select years from archive.retention_class where name = class))
$$;
revoke execute on function archive.years_at from public;

select archive.protect('archive.anchor'), archive.protect('archive.object_lock'), archive.protect('archive.locked_term'),
  archive.protect('archive.directory');

grant execute on function archive.years_at to gateway_service;
grant select, insert on archive.anchor, archive.anchor_state, archive.object_hold, archive.hold_coverage, archive.object_lock,
  archive.locked_term, archive.directory to gateway_service;
grant update (failing_since, failure, reported) on archive.anchor_state to gateway_service;
grant update (lifted_at) on archive.object_hold to gateway_service;
grant update (tree_size, evaluated_at) on archive.hold_coverage to gateway_service;

select set_config('gateway.migration', '', true);
