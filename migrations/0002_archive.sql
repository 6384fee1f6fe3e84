-- The archive: records as hashed bytes, the transparency log over them, and the searchable copy. The service's role may
-- append through one checking function and insert what the sealer computes; nobody updates or deletes evidence.

create schema archive;
revoke all on schema archive from public;
-- The guard against DDL stands outside of what it guards, so that dropping the archive does not drop the guard first.
create schema archive_guard;
revoke all on schema archive_guard from public;

-- How long, and why. `years` null: never destroyed.
create table archive.retention_class (
  name text primary key,
  years integer constraint retention_class_years_positive check (years > 0),
  jurisdiction text not null,
  basis text not null
);
insert into archive.retention_class (name, years, jurisdiction, basis) values
  ('us-bd-3y', 3, 'US', 'SEC Rule 17a-4(b)(4): communications of a broker-dealer'),
  ('us-bd-6y', 6, 'US', 'SEC Rule 17a-4(a): books and records kept six years'),
  ('adviser-5y', 5, 'US', 'Advisers Act Rule 204-2(e): five years'),
  ('mifid-5y', 5, 'EU', 'MiFID II article 16(7): five years'),
  ('mifid-7y', 7, 'EU', 'MiFID II article 16(7): seven years where the authority asks'),
  ('pharma', 10, 'EU', 'Directive 2001/83/EC article 98: promotional material, with the firm''s own term'),
  ('permanent', null, 'any', 'The firm keeps it for good');

-- One row: whose log this is. A database that belongs to another key or origin is refused at start.
create table archive.log (
  one boolean primary key default true constraint log_is_one check (one),
  origin text not null,
  verifier_key text not null,
  created_at timestamptz(3) not null default clock_timestamp()
);

create table archive.archive_record (
  recorded_at timestamptz(3) not null, -- from the header, and equal to the time inside the id
  id uuid not null,
  -- Order of insertion inside one snapshot. CACHE 1, so that what was committed before stands before.
  seq bigint not null generated always as identity (cache 1),
  xid xid8 not null default pg_current_xact_id(),
  inserted_at timestamptz(3) not null default clock_timestamp(),
  type text not null,
  retention_class text not null,
  dispose_month date not null,
  header bytea not null constraint archive_record_header_size check (octet_length(header) between 2 and 3000),
  primary key (recorded_at, id)
) partition by range (recorded_at);
create index archive_record_xid on archive.archive_record (xid, seq);

-- The part that can be destroyed, in partitions by the month in which it may be.
create table archive.archive_body (
  dispose_month date not null,
  recorded_at timestamptz(3) not null,
  id uuid not null,
  salt bytea not null constraint archive_body_salt_size check (octet_length(salt) = 32),
  body bytea not null,
  primary key (dispose_month, recorded_at, id)
) partition by range (dispose_month);

create table archive.leaf (
  log_index bigint primary key constraint leaf_index_not_negative check (log_index >= 0),
  recorded_at timestamptz(3) not null,
  record_id uuid not null,
  sealed_at timestamptz(3) not null, -- "at" of the entry: one value a batch, never decreasing
  stream_sequence text not null, -- "sq" of the entry, verbatim
  leaf_hash bytea not null constraint leaf_hash_size check (octet_length(leaf_hash) = 32),
  constraint leaf_record_once unique (record_id)
);

create table archive.tile (
  level smallint not null,
  tile_index bigint not null,
  hashes bytea not null constraint tile_is_complete check (octet_length(hashes) = 8192),
  root bytea not null constraint tile_root_size check (octet_length(root) = 32),
  primary key (level, tile_index)
);

-- One integration: the tree grew to this size, and everything that `mark` sees is in it.
create table archive.integration (
  tree_size bigint primary key,
  first_index bigint not null,
  root_hash bytea not null constraint integration_root_size check (octet_length(root_hash) = 32),
  integrated_at timestamptz(3) not null,
  mark pg_snapshot not null,
  system_identifier bigint not null, -- a restored or dumped cluster has another and must derive the mark anew
  database_oid oid not null
);

-- One seal, decided before the bucket is touched, so that a repetition after a crash writes the same bytes.
create table archive.seal (
  tree_size bigint primary key references archive.integration (tree_size),
  first_index bigint not null constraint seal_follows unique,
  planned_at timestamptz(3) not null,
  note text not null,
  constraint seal_grows check (first_index < tree_size)
);

-- What the bucket proved. A seal counts from the moment when its row is here.
create table archive.checkpoint (
  tree_size bigint primary key references archive.seal (tree_size),
  sealed_at timestamptz(3) not null
);

create table archive.object (
  key text primary key,
  version_id text not null,
  sha256 text not null constraint object_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
  size bigint not null,
  retain_until timestamptz not null,
  tree_size bigint not null,
  kind text not null constraint object_kind_known check (kind in ('entries', 'bodies', 'tile', 'checkpoint')),
  put_at timestamptz(3) not null
);
create index object_tree_size on archive.object (tree_size);

-- Next dense number of each stream. Derived from the leaves: the verifier recounts it.
create table archive.stream_head (
  kind text not null,
  stream_id text not null,
  next_sequence bigint not null,
  primary key (kind, stream_id)
) with (fillfactor = 50);

create table archive.verification (
  id uuid primary key,
  scope text not null constraint verification_scope_known check (scope in ('recent', 'full')),
  started_at timestamptz(3) not null,
  finished_at timestamptz(3) not null,
  tree_size bigint not null,
  records_checked bigint not null,
  problems jsonb not null
);

-- The searchable copy: derived from the hashed bytes, and rebuildable from them.
create table archive.search (
  recorded_at timestamptz(3) not null,
  record_id uuid not null,
  type text not null,
  actor_id uuid not null,
  unit_id uuid,
  author_id uuid,
  post_id uuid,
  profile_id uuid,
  network text,
  verdict text,
  retention_class text not null,
  excerpt text not null,
  vector tsvector,
  primary key (recorded_at, record_id)
) partition by range (recorded_at);
create index search_vector on archive.search using gin (vector);
create index search_author on archive.search (author_id, recorded_at, record_id) where author_id is not null;
create index search_post on archive.search (post_id, recorded_at, record_id) where post_id is not null;
create index search_profile on archive.search (profile_id, recorded_at, record_id) where profile_id is not null;
create index search_unit on archive.search (unit_id, recorded_at, record_id);
create index search_type on archive.search (type, recorded_at, record_id);

-- Partitions that no month covers yet: an append never fails for want of a partition. The status reports rows here.
create table archive.archive_record_default partition of archive.archive_record default;
create table archive.archive_body_default partition of archive.archive_body default;
create table archive.search_default partition of archive.search default;

-- Refusal of every change, for whoever reaches a table.
create function archive.refuse() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  raise exception 'The archive is append-only: % of %.% is refused.', lower(tg_op), tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

-- Guards one table: row changes and TRUNCATE (whose triggers partitions do not inherit), also under replication.
create function archive.protect(target regclass) returns void language plpgsql set search_path = pg_catalog as $$
begin
  if not exists (select from pg_trigger where tgrelid = target and tgname = 'refuse_change') then
    execute format('create trigger refuse_change before update or delete on %s for each row execute function archive.refuse()', target);
  end if;
  if not exists (select from pg_trigger where tgrelid = target and tgname = 'refuse_truncate') then
    execute format('create trigger refuse_truncate before truncate on %s for each statement execute function archive.refuse()', target);
  end if;
  execute format('alter table %s enable always trigger refuse_change', target);
  execute format('alter table %s enable always trigger refuse_truncate', target);
end $$;

-- One month of one partitioned table; a month whose rows already lie in the default partition stays there.
create function archive.make_month(parent text, month date) returns boolean
language plpgsql set search_path = pg_catalog set timezone = 'UTC' as $$
declare
  name text := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
begin
  if to_regclass('archive.' || name) is not null then return false; end if;
  begin
    execute format('create table archive.%I partition of archive.%I for values from (%L) to (%L)',
      name, parent, month, (month + interval '1 month')::date);
  exception when check_violation then
    return false;
  end;
  if parent <> 'search' then perform archive.protect(format('archive.%I', name)::regclass); end if;
  return true;
end $$;

-- Partitions for the months from `first` on: the records' own, and those in which each class ends. Answers how many were made.
create function archive.make_partitions(first date, months integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  made integer := 0;
  month date;
  class record;
  before text := coalesce(current_setting('gateway.migration', true), '');
begin
  if months not between 1 and 120 then raise exception 'months is out of range'; end if;
  perform set_config('gateway.migration', 'on', true);
  for month in select (date_trunc('month', first::timestamp) + make_interval(months => g))::date from generate_series(0, months - 1) g loop
    made := made + archive.make_month('archive_record', month)::int + archive.make_month('search', month)::int;
    for class in select distinct years from archive.retention_class where years is not null loop
      made := made + archive.make_month('archive_body', archive.dispose_month(month::timestamp at time zone 'UTC', class.years))::int;
    end loop;
  end loop;
  perform set_config('gateway.migration', before, true);
  return made;
end $$;

-- The first month in which every record of its month may go. Never: the year 9999.
create function archive.dispose_month(recorded_at timestamptz, years integer) returns date
language sql immutable as $$
  select case when years is null then date '9999-12-01'
    else (date_trunc('month', recorded_at at time zone 'UTC') + make_interval(years => years, months => 1))::date end
$$;

-- The time inside a UUIDv7 (RFC 9562 section 5.7); Postgres 18 has its own, older ones do not.
create function archive.id_time(id uuid) returns timestamptz
language sql immutable strict parallel safe as $$
  select to_timestamp(('x' || lpad(translate(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)::timestamptz(3)
$$;

-- Text for the parser. Under the locale C, which some clusters have, Postgres takes every character beyond ASCII for a
-- letter: French quotation marks, apostrophes and spaces, dashes and emoji must not glue words together.
create function archive.search_words(words text) returns text
language sql immutable parallel safe as $$
  select regexp_replace(lower(words),
    '[\u00a0-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe00-\ufe4f\uff00-\uff0f\uff1a-\uff20\U0001f000-\U0001faff]',
    ' ', 'g')
$$;

-- What is found by which word: unstemmed words weigh A, French stems B, English stems C. A known language has one stemmer.
create function archive.search_vector(words text, language text) returns tsvector
language sql immutable parallel safe cost 1000 as $$
  select setweight(to_tsvector('simple', w), 'A')
      || case when language = 'en' then '' else setweight(to_tsvector('french', w), 'B') end
      || case when language = 'fr' then '' else setweight(to_tsvector('english', w), 'C') end
    from archive.search_words(words) w
$$;

-- The same query, matching only words of one weight.
create function archive.weigh(query tsquery, weight text) returns tsquery
language sql immutable parallel safe as $$
  select regexp_replace(query::text, '''((?:[^'']|'''')*)''', '''\1'':' || weight, 'g')::tsquery
$$;

-- A phrase finds exactly these words in this order: no stems, no word left out.
create function archive.query_phrase(phrase text) returns tsquery
language sql immutable parallel safe as $$
  select archive.weigh(phraseto_tsquery('simple', archive.search_words(phrase)), 'A')
$$;

-- A word finds itself unstemmed and by its stems. What Postgres splits (e-mail) must stand together.
create function archive.query_word(word text) returns tsquery
language sql immutable parallel safe as $$
  select archive.query_phrase(word) || archive.weigh(phraseto_tsquery('french', archive.search_words(word)), 'B')
    || archive.weigh(phraseto_tsquery('english', archive.search_words(word)), 'C')
$$;

-- A prefix finds every unstemmed word that begins so.
create function archive.query_prefix(prefix text) returns tsquery
language sql immutable parallel safe as $$
  select regexp_replace(archive.query_phrase(prefix)::text, ':A$', ':*A')::tsquery
$$;

-- What the bytes of each record say: the one place where columns come from. 60,000 characters are what always fits into
-- one tsvector; longer texts are found by their beginning.
create view archive.described as
  select r.recorded_at, r.id as record_id, r.seq, r.xid, r.type, h.actor as actor_id, s.unit as unit_id, s.author as author_id,
      s.post as post_id, s.profile as profile_id, s.network, h.verdict, r.retention_class,
      left(coalesce(b."searchText", ''), 280) as excerpt, left(b."searchText", 60000) as words, b.language
    from archive.archive_record r
      left join archive.archive_body y on y.dispose_month = r.dispose_month and y.recorded_at = r.recorded_at and y.id = r.id
      cross join lateral json_to_record(convert_from(r.header, 'UTF8')::json) as h (actor uuid, streams json, verdict text)
      cross join lateral json_to_record(h.streams) as s (unit uuid, author uuid, post uuid, profile uuid, network text)
      left join lateral json_to_record(convert_from(y.body, 'UTF8')::json) as b ("searchText" text, language text) on true;

-- Records that are not numbered yet. The sealer numbers and indexes in one transaction, so every snapshot finds a record
-- either here or in archive.search. Short while a sealer runs. Bodies are fetched one by one: each touches one partition,
-- where a join would open all of them; the settings keep the planner from scanning the archive.
create function archive.tail() returns setof archive.described
language plpgsql stable rows 100
set search_path = pg_catalog set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  start xid8;
  r record;
  content bytea;
begin
  select pg_snapshot_xmin(i.mark) into start
    from archive.integration i join pg_control_system() here on here.system_identifier = i.system_identifier
    where i.tree_size = (select max(tree_size) from archive.integration)
      and i.database_oid = (select oid from pg_database where datname = current_database());
  for r in
    select a.recorded_at, a.id, a.seq, a.xid, a.type, a.retention_class, a.dispose_month, a.header from archive.archive_record a
      where a.xid >= coalesce(start, '0'::xid8) and not exists (select from archive.leaf l where l.record_id = a.id)
  loop
    content := (select y.body from archive.archive_body y
      where y.dispose_month = r.dispose_month and y.recorded_at = r.recorded_at and y.id = r.id);
    return query select r.recorded_at, r.id, r.seq, r.xid, r.type, h.actor, s.unit, s.author, s.post, s.profile, s.network,
        h.verdict, r.retention_class, left(coalesce(b."searchText", ''), 280), left(b."searchText", 60000), b.language
      from json_to_record(convert_from(r.header, 'UTF8')::json) as h (actor uuid, streams json, verdict text)
        cross join lateral json_to_record(h.streams) as s (unit uuid, author uuid, post uuid, profile uuid, network text)
        left join lateral json_to_record(convert_from(content, 'UTF8')::json) as b ("searchText" text, language text) on true;
  end loop;
end $$;

-- Everything that a search may find, from the commit of its act on.
create view archive.findable as
  select recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network, verdict, retention_class,
      excerpt, vector
    from archive.search
  union all
  select recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network, verdict, retention_class,
      excerpt, archive.search_vector(words, language)
    from archive.tail();

-- Puts numbered records into the searchable copy; called in the transaction that numbers them.
create function archive.index_entries(first_index bigint, end_index bigint) returns void
language sql security definer set search_path = pg_catalog set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network,
      verdict, retention_class, excerpt, vector)
    select d.recorded_at, d.record_id, d.type, d.actor_id, d.unit_id, d.author_id, d.post_id, d.profile_id, d.network,
        d.verdict, d.retention_class, d.excerpt, archive.search_vector(d.words, d.language)
      from archive.leaf l join archive.described d on d.recorded_at = l.recorded_at and d.record_id = l.record_id
      where l.log_index >= first_index and l.log_index < end_index
    on conflict do nothing
$$;

-- The only write path of records. Everything that is kept beside the bytes is derived from them here.
create function archive.append_record(p_header bytea, p_salt bytea, p_body bytea) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  header record;
  month date;
begin
  select * into header from json_to_record(convert_from(p_header, 'UTF8')::json)
    as h (id uuid, "recordedAt" timestamptz(3), type text, actor uuid, "bodyHash" text, "retentionClass" text, streams json);
  -- What the index will read later must be readable now: a record that cannot be indexed would hold up the sealer.
  perform from json_to_record(header.streams) as s (unit uuid, author uuid, post uuid, profile uuid, network text);
  perform from json_to_record(convert_from(p_body, 'UTF8')::json) as b ("searchText" text, language text);
  if archive.id_time(header.id) is distinct from header."recordedAt" then
    raise exception 'The record''s id does not carry the record''s time.' using errcode = 'check_violation';
  end if;
  if header."bodyHash" is distinct from encode(sha256('\x02'::bytea || p_salt || p_body), 'hex') then
    raise exception 'The body is not the one that the header commits to.' using errcode = 'check_violation';
  end if;
  select archive.dispose_month(header."recordedAt", years) into month
    from archive.retention_class where name = header."retentionClass";
  if month is null then
    raise exception 'The retention class % is not known.', header."retentionClass" using errcode = 'check_violation';
  end if;
  insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header)
    values (header."recordedAt", header.id, header.type, header."retentionClass", month, p_header);
  insert into archive.archive_body (dispose_month, recorded_at, id, salt, body)
    values (month, header."recordedAt", header.id, p_salt, p_body);
end $$;

-- Throws the searchable copy away and derives it again from headers and bodies (SEC-5). Answers the rows written.
create function archive.rebuild_search() returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  written bigint;
begin
  truncate archive.search;
  insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network,
      verdict, retention_class, excerpt, vector)
    select d.recorded_at, d.record_id, d.type, d.actor_id, d.unit_id, d.author_id, d.post_id, d.profile_id, d.network,
        d.verdict, d.retention_class, d.excerpt, archive.search_vector(d.words, d.language)
      from archive.leaf l join archive.described d on d.recorded_at = l.recorded_at and d.record_id = l.record_id;
  get diagnostics written = row_count;
  return written;
end $$;

-- A retention period may be lengthened, never shortened, and a class never goes away.
create function archive.extend_retention() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if tg_op = 'DELETE' or new.name <> old.name or coalesce(new.years, 10000) < coalesce(old.years, 10000) then
    raise exception 'A retention period may be lengthened, never shortened.' using errcode = 'check_violation',
      constraint = 'retention_never_shorter';
  end if;
  return new;
end $$;
create trigger extend_retention before update or delete on archive.retention_class for each row execute function archive.extend_retention();
alter table archive.retention_class enable always trigger extend_retention;

do $$
declare
  target text;
begin
  foreach target in array array['log', 'archive_record', 'archive_record_default', 'archive_body', 'archive_body_default',
    'leaf', 'tile', 'integration', 'seal', 'checkpoint', 'object', 'verification'] loop
    perform archive.protect(('archive.' || target)::regclass);
  end loop;
end $$;
select archive.make_partitions((date_trunc('month', now() at time zone 'UTC') - interval '1 month')::date, 15);

revoke execute on all functions in schema archive from public;
grant usage on schema archive to gateway_service;
grant select on all tables in schema archive to gateway_service;
grant insert on archive.log, archive.leaf, archive.tile, archive.integration, archive.seal, archive.checkpoint, archive.object,
  archive.verification to gateway_service;
grant insert, update on archive.stream_head to gateway_service;
grant execute on function archive.append_record, archive.make_partitions, archive.dispose_month, archive.id_time, archive.search_words,
  archive.search_vector, archive.query_word, archive.query_phrase, archive.query_prefix, archive.weigh, archive.rebuild_search,
  archive.tail, archive.index_entries to gateway_service;

-- The shape of the archive is closed outside migrations. Objects of this schema carry its name in their identity; GRANT
-- and ALTER TABLE on partitions do not always, so after any DDL the privileges themselves are looked at as well.
create function archive_guard.refuse_ddl() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
  command record;
begin
  if current_setting('gateway.migration', true) = 'on' then return; end if;
  if tg_event = 'sql_drop' then
    for command in select * from pg_event_trigger_dropped_objects() loop
      if command.schema_name ~ '^archive(_guard)?$' or command.object_identity ~ '(^|\s)archive(_guard)?(\.|$)' then
        raise exception 'The archive''s schema is closed outside migrations: drop %.', command.object_identity
          using errcode = 'insufficient_privilege';
      end if;
    end loop;
    return;
  end if;
  for command in select * from pg_event_trigger_ddl_commands() loop
    if command.schema_name ~ '^archive(_guard)?$' or command.object_identity ~ '(^|\s)archive(_guard)?(\.|$)' then
      raise exception 'The archive''s schema is closed outside migrations: % %.', lower(command.command_tag), command.object_identity
        using errcode = 'insufficient_privilege';
    end if;
  end loop;
  if to_regnamespace('archive') is null or to_regprocedure('archive.refuse()') is null or exists (
    select from pg_trigger g join pg_class c on c.oid = g.tgrelid
      where g.tgfoid = to_regprocedure('archive.refuse()') and c.relnamespace <> to_regnamespace('archive')
  ) then
    raise exception 'The archive and its tables keep their names and places.' using errcode = 'insufficient_privilege';
  end if;
  if exists (
    select from pg_class c cross join lateral aclexplode(c.relacl) a
      where c.relnamespace = 'archive'::regnamespace and a.grantee <> c.relowner
        and (a.privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')
          or (a.privilege_type = 'UPDATE' and c.relname not in ('stream_head', 'retention_class'))
          or (a.privilege_type = 'INSERT' and c.relname ~ '^(archive_record|archive_body|search)'))
  ) then
    raise exception 'Nobody is granted a change of the archive.' using errcode = 'insufficient_privilege';
  end if;
end $$;
revoke execute on function archive_guard.refuse_ddl from public;

-- Only a superuser may make an event trigger. Without it the owner's DDL is not refused, only found against the bucket;
-- the archive's status says which it is.
do $$
begin
  create event trigger archive_refuse_ddl on ddl_command_end execute function archive_guard.refuse_ddl();
  alter event trigger archive_refuse_ddl enable always;
  create event trigger archive_refuse_drop on sql_drop execute function archive_guard.refuse_ddl();
  alter event trigger archive_refuse_drop enable always;
exception when insufficient_privilege then
  raise warning 'The owner role is no superuser: DDL on the archive is not refused, only found by verification.';
end $$;
