-- What a search asks for, an index answers: also a rare verdict, and a network with or without one.

select set_config('gateway.migration', 'on', true);

create index search_network on archive.search (network, verdict, recorded_at, record_id) where network is not null;
-- Most verdicts are "pass", and whoever looks for those finds them by looking anywhere.
create index search_verdict on archive.search (verdict, recorded_at, record_id) where verdict <> 'pass';

-- A word finds itself unstemmed and by its stems. Where they are all one lexeme it is asked for once, and in any weight: the
-- index then answers by itself, and no row's vector is read. What Postgres splits (e-mail) must stand together, in one weight:
-- the last word of one weight and the first of the next do not.
create or replace function archive.query_word(word text) returns tsquery
language sql immutable parallel safe as $$
  select case
      when simple::text = french::text and simple::text = english::text and numnode(simple) = 1 then simple
      else archive.weigh(simple, 'A') || archive.weigh(french, 'B') || archive.weigh(english, 'C') end
    from archive.search_words(word) words, phraseto_tsquery('simple', words) simple, phraseto_tsquery('french', words) french,
      phraseto_tsquery('english', words) english
$$;

-- Records that the searchable copy does not hold yet, from their bytes: every snapshot finds a record either here or in
-- archive.search. Every search asks, mostly for nothing or a few: planned once a connection, and the records are found before
-- their bodies are, so that one partition of bodies is opened and not a join over all of them.
create or replace function archive.tail() returns setof archive.described
language plpgsql stable rows 100
set search_path = pg_catalog set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan as $$
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
    with r as materialized (
      select * from archive.archive_record a
        where a.xid >= start and not exists (select from archive.leaf l where l.record_id = a.id and l.log_index < indexed)
    )
    select r.recorded_at, r.id, r.seq, r.xid, r.type, h.actor, s.unit, s.author, s.post, s.profile, s.network, h.verdict,
        r.retention_class, left(coalesce(b."searchText", ''), 280), left(b."searchText", 60000), b.language
      from r
        left join archive.archive_body y on y.dispose_month = r.dispose_month and y.recorded_at = r.recorded_at and y.id = r.id
          and y.dispose_month = any(months)
        cross join lateral json_to_record(convert_from(r.header, 'UTF8')::json) as h (actor uuid, streams json, verdict text)
        cross join lateral json_to_record(h.streams) as s (unit uuid, author uuid, post uuid, profile uuid, network text)
        left join lateral json_to_record(convert_from(y.body, 'UTF8')::json) as b ("searchText" text, language text) on true;
end $$;

select set_config('gateway.migration', '', true);
