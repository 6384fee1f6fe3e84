-- Legal holds, longer retention, and the one legal destruction: bodies whose retention ended and that no hold covers.

select set_config('gateway.migration', 'on', true);

-- A named matter. What it covers is a filter of the archive's search; rows change only by being released, by two people.
create table archive.hold (
  id uuid primary key,
  name text not null,
  reason text not null,
  scope jsonb not null,
  unit_id uuid, -- null: the whole firm
  placed_by uuid not null,
  placed_at timestamptz(3) not null,
  release_requested_by uuid,
  release_requested_at timestamptz(3),
  released_by uuid,
  released_at timestamptz(3),
  constraint hold_released_by_two check (released_by is null or (release_requested_by is not null and released_by <> release_requested_by)),
  constraint hold_release_whole check ((released_by is null) = (released_at is null))
);
create index hold_open on archive.hold (placed_at) where released_at is null;

-- A hold that was released stays released, and nothing else of it ever changes.
create function archive.keep_hold() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if tg_op = 'DELETE' or old.released_at is not null
    or (new.id, new.name, new.reason, new.scope, new.unit_id, new.placed_by, new.placed_at)
      is distinct from (old.id, old.name, old.reason, old.scope, old.unit_id, old.placed_by, old.placed_at) then
    raise exception 'A hold changes only by being released.' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger keep_hold before update or delete on archive.hold for each row execute function archive.keep_hold();
alter table archive.hold enable always trigger keep_hold;

-- What was destroyed. The certificate is a record, written in the same transaction.
create table archive.disposition (
  dispose_month date primary key,
  disposed_at timestamptz(3) not null,
  bodies bigint not null,
  certificate_id uuid not null,
  reason text not null
);
-- Files of the bucket that followed.
create table archive.destroyed_object (
  key text primary key,
  version_id text not null,
  destroyed_at timestamptz(3) not null
);
select archive.protect('archive.disposition'), archive.protect('archive.destroyed_object');

-- Months in which bodies may be gone by the terms that hold now: every class in the month must have ended for each record.
create function archive.disposable_months(at timestamptz) returns setof date
language sql stable security definer set search_path = pg_catalog as $$
  select make_date((regexp_match(c.relname, '(\d{4})_(\d{2})$'))[1]::int, (regexp_match(c.relname, '(\d{4})_(\d{2})$'))[2]::int, 1)
    from pg_class c
    where c.relnamespace = 'archive'::regnamespace and c.relkind = 'r' and c.relname ~ '^archive_body_\d{4}_\d{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') <= at
    order by 1
$$;

-- Destroys the bodies of one month. The caller has looked for holds under `archive.lock_holds`; what the database can
-- see by itself is checked again: the month is over by its own clock, and each record's class allows it.
create function archive.dispose_bodies(month date, certificate uuid, why text, at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  name text := format('archive_body_%s', to_char(month, 'YYYY_MM'));
  before text := coalesce(current_setting('gateway.migration', true), '');
  bodies bigint;
begin
  if month > now() then raise exception 'The retention of % has not ended.', month using errcode = 'check_violation'; end if;
  if exists (select from archive.hold where released_at is null and scope = '{}') then
    raise exception 'Everything is under a legal hold.' using errcode = 'check_violation';
  end if;
  if exists (
    select from archive.archive_record r join archive.retention_class c on c.name = r.retention_class
      where r.dispose_month = month and archive.dispose_month(r.recorded_at, c.years) > now()
  ) then
    raise exception 'A longer retention holds for records of %.', month using errcode = 'check_violation';
  end if;
  execute format('select count(*) from archive.%I', name) into bodies;
  -- What a search shows of the bodies goes with them; that the records were there stays.
  update archive.search s set excerpt = '', vector = null
    from archive.archive_record r where r.dispose_month = month and s.recorded_at = r.recorded_at and s.record_id = r.id;
  insert into archive.disposition (dispose_month, disposed_at, bodies, certificate_id, reason) values (month, at, bodies, certificate, why);
  perform set_config('gateway.migration', 'on', true);
  execute format('drop table archive.%I', name);
  perform set_config('gateway.migration', before, true);
  return bodies;
end $$;

-- Placing a hold and disposing exclude each other: a hold is either seen by a disposition or comes after it.
create function archive.lock_holds() returns void language sql security definer set search_path = pg_catalog as $$
  lock table archive.hold in share row exclusive mode
$$;

revoke execute on function archive.keep_hold, archive.disposable_months, archive.dispose_bodies, archive.lock_holds from public;
grant execute on function archive.disposable_months, archive.dispose_bodies, archive.lock_holds to gateway_service;
grant select, insert on archive.hold, archive.disposition, archive.destroyed_object to gateway_service;
revoke insert on archive.disposition from gateway_service;
grant update (release_requested_by, release_requested_at, released_by, released_at) on archive.hold to gateway_service;
grant update (years) on archive.retention_class to gateway_service;

select set_config('gateway.migration', '', true);
