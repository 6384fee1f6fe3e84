-- What an append and a seal cost. The checking function checks the same in fewer steps, and the searchable copy follows the
-- log in transactions of its own, so that neither an author nor the object store waits for an index.

select set_config('gateway.migration', 'on', true);

-- A table's CHECK is parsed and planned again at every INSERT of one row (a fifth of an append); the only write path checks
-- the same sizes itself.
alter table archive.archive_record drop constraint archive_record_header_size;
alter table archive.archive_body drop constraint archive_body_salt_size;

-- The only write path of records. Everything that is kept beside the bytes is derived from them here. One expression for all
-- that must hold: each one of its own would be prepared anew in every transaction.
create or replace function archive.append_record(p_header bytea, p_salt bytea, p_body bytea) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  header jsonb;
  month date;
begin
  header := convert_from(p_header, 'UTF8')::jsonb;
  if (octet_length(p_header) between 2 and 3000 and octet_length(p_salt) = 32
      and archive.id_time((header ->> 'id')::uuid) = (header ->> 'recordedAt')::timestamptz(3)
      and header ->> 'bodyHash' = encode(sha256('\x02'::bytea || p_salt || p_body), 'hex')
      -- What the index will read later must be readable now: a record that cannot be indexed would hold up its indexing.
      and jsonb_typeof(header -> 'streams') = 'object'
      and num_nulls((header ->> 'actor')::uuid, (header #>> '{streams,unit}')::uuid, (header #>> '{streams,author}')::uuid,
        (header #>> '{streams,post}')::uuid, (header #>> '{streams,profile}')::uuid) >= 0
      and case when position('\x5c75'::bytea in p_body) = 0 then convert_from(p_body, 'UTF8') is json object
        else exists (select from json_to_record(convert_from(p_body, 'UTF8')::json) as b ("searchText" text, language text)) end
    ) is not true then
    perform archive.explain_refusal(p_header, p_salt, p_body);
  end if;
  insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header)
    select (header ->> 'recordedAt')::timestamptz(3), (header ->> 'id')::uuid, header ->> 'type', name,
        archive.dispose_month((header ->> 'recordedAt')::timestamptz(3), years), p_header
      from archive.retention_class where name = header ->> 'retentionClass'
    returning dispose_month into month;
  if month is null then
    raise exception 'The retention class % is not known.', header ->> 'retentionClass' using errcode = 'check_violation';
  end if;
  insert into archive.archive_body (dispose_month, recorded_at, id, salt, body)
    values (month, (header ->> 'recordedAt')::timestamptz(3), (header ->> 'id')::uuid, p_salt, p_body);
end $$;

-- Says why a record was refused; always raises.
create function archive.explain_refusal(p_header bytea, p_salt bytea, p_body bytea) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  header constant jsonb := convert_from(p_header, 'UTF8')::jsonb;
begin
  if octet_length(p_header) not between 2 and 3000 then
    raise exception 'The header has % bytes; 2 to 3000 are allowed.', octet_length(p_header) using errcode = 'check_violation';
  elsif octet_length(p_salt) <> 32 then
    raise exception 'The salt must have 32 bytes.' using errcode = 'check_violation';
  elsif archive.id_time((header ->> 'id')::uuid) is distinct from (header ->> 'recordedAt')::timestamptz(3) then
    raise exception 'The record''s id does not carry the record''s time.' using errcode = 'check_violation';
  elsif header ->> 'bodyHash' is distinct from encode(sha256('\x02'::bytea || p_salt || p_body), 'hex') then
    raise exception 'The body is not the one that the header commits to.' using errcode = 'check_violation';
  end if;
  raise exception 'Header and body must be JSON objects of the record format.' using errcode = 'check_violation';
end $$;

-- How far the searchable copy follows the log: every entry before this index is in it.
create table archive.search_head (
  one boolean primary key default true constraint search_head_is_one check (one),
  indexed_size bigint not null
) with (fillfactor = 50);
insert into archive.search_head (indexed_size) select coalesce(max(log_index) + 1, 0) from archive.leaf;

-- Puts the next numbered records into the searchable copy; answers how many. The range is nobody's to choose. A log that is
-- shorter than the copy was rolled back: what is numbered anew is indexed anew.
create function archive.index_next(most integer) returns bigint
language plpgsql security definer
set search_path = pg_catalog set enable_hashjoin = off set enable_mergejoin = off set jit = off
set max_parallel_workers_per_gather = 0 as $$
declare
  first_index bigint;
  end_index bigint;
begin
  select indexed_size into first_index from archive.search_head for update;
  select least(first_index + greatest(most, 1), coalesce(max(log_index) + 1, 0)) into end_index from archive.leaf;
  if end_index > first_index then
    insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network,
        verdict, retention_class, excerpt, vector)
      select d.recorded_at, d.record_id, d.type, d.actor_id, d.unit_id, d.author_id, d.post_id, d.profile_id, d.network,
          d.verdict, d.retention_class, d.excerpt, archive.search_vector(d.words, d.language)
        from archive.leaf l join archive.described d on d.recorded_at = l.recorded_at and d.record_id = l.record_id
        where l.log_index >= first_index and l.log_index < end_index
      on conflict do nothing;
  end if;
  if end_index <> first_index then update archive.search_head set indexed_size = end_index where one; end if;
  return end_index - first_index;
end $$;
drop function archive.index_entries(bigint, bigint);

-- Records that the searchable copy does not hold yet, from their bytes: every snapshot finds a record either here or in
-- archive.search. Short while a sealer runs. Everything that the last indexed round saw is indexed, so only what came after
-- it is looked at. The months are told to the join: it opens their partitions of bodies, and not all there are.
create or replace function archive.tail() returns setof archive.described
language plpgsql stable rows 100
set search_path = pg_catalog set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  indexed bigint;
  start xid8;
  months date[];
begin
  select indexed_size into indexed from archive.search_head;
  select pg_snapshot_xmin(i.mark) into start
    from archive.integration i join pg_control_system() here on here.system_identifier = i.system_identifier
    where i.tree_size = (select max(tree_size) from archive.integration where tree_size <= indexed)
      and i.database_oid = (select oid from pg_database where datname = current_database());
  start := coalesce(start, '0'::xid8);
  select array_agg(distinct a.dispose_month) into months from archive.archive_record a
    where a.xid >= start and not exists (select from archive.leaf l where l.record_id = a.id and l.log_index < indexed);
  if months is null then return; end if;
  return query
    select r.recorded_at, r.id, r.seq, r.xid, r.type, h.actor, s.unit, s.author, s.post, s.profile, s.network, h.verdict,
        r.retention_class, left(coalesce(b."searchText", ''), 280), left(b."searchText", 60000), b.language
      from archive.archive_record r
        left join archive.archive_body y on y.dispose_month = r.dispose_month and y.recorded_at = r.recorded_at and y.id = r.id
          and y.dispose_month = any(months)
        cross join lateral json_to_record(convert_from(r.header, 'UTF8')::json) as h (actor uuid, streams json, verdict text)
        cross join lateral json_to_record(h.streams) as s (unit uuid, author uuid, post uuid, profile uuid, network text)
        left join lateral json_to_record(convert_from(y.body, 'UTF8')::json) as b ("searchText" text, language text) on true
      where r.xid >= start and not exists (select from archive.leaf l where l.record_id = r.id and l.log_index < indexed);
end $$;

-- Throws the searchable copy away and derives it again from headers and bodies (SEC-5). Answers the rows written.
create or replace function archive.rebuild_search() returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  written bigint;
  size bigint;
begin
  perform from archive.search_head for update;
  select coalesce(max(log_index) + 1, 0) into size from archive.leaf;
  truncate archive.search;
  insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network,
      verdict, retention_class, excerpt, vector)
    select d.recorded_at, d.record_id, d.type, d.actor_id, d.unit_id, d.author_id, d.post_id, d.profile_id, d.network,
        d.verdict, d.retention_class, d.excerpt, archive.search_vector(d.words, d.language)
      from archive.leaf l join archive.described d on d.recorded_at = l.recorded_at and d.record_id = l.record_id
      where l.log_index < size;
  get diagnostics written = row_count;
  update archive.search_head set indexed_size = size where one;
  return written;
end $$;

revoke execute on function archive.explain_refusal, archive.index_next from public;
grant execute on function archive.index_next to gateway_service;
grant select on archive.search_head to gateway_service;

select set_config('gateway.migration', '', true);
