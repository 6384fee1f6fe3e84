-- What an append costs once more, in CPU of Postgres: the header is read once into its fields, no expression needs a query of
-- its own, and no table is read. Every check is the one that it was.

select set_config('gateway.migration', 'on', true);

-- The header's fields that become columns, or that the index will read: one reading casts, and so checks, all of them.
create type archive.header_streams as (unit uuid, author uuid, post uuid, profile uuid, network text);
create type archive.record_header as (
  id uuid, "recordedAt" timestamptz(3), type text, actor uuid, streams archive.header_streams, "bodyHash" text,
  "retentionClass" text
);

-- Postgres 18 reads the time inside an id itself.
do $$
begin
  if current_setting('server_version_num')::integer >= 180000 then
    create or replace function archive.id_time(id uuid) returns timestamptz
    language sql immutable strict parallel safe as 'select uuid_extract_timestamp(id)';
  end if;
end $$;

-- The years of each class as a constant that an expression can use; 0 never ends, null is no class. Whatever changes a class
-- writes this function anew in the same transaction, so that both are seen together.
create function archive.publish_terms() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  before text := coalesce(current_setting('gateway.migration', true), '');
begin
  perform pg_advisory_xact_lock(4716021, 3); -- the one that comes second sees what the first one changed
  perform set_config('gateway.migration', 'on', true);
  execute format(
    'create or replace function archive.class_years(class text) returns integer language sql immutable strict parallel safe as %L',
    format('select (%L::jsonb ->> class)::integer',
      (select jsonb_object_agg(name, coalesce(years, 0)) from archive.retention_class)));
  perform set_config('gateway.migration', before, true);
  return null;
end $$;
create trigger publish_terms after insert or update or delete on archive.retention_class
  for each statement execute function archive.publish_terms();
alter table archive.retention_class enable always trigger publish_terms;
update archive.retention_class set years = years; -- publishes them for the first time

-- Whether the index can read a body: its text is free of what Postgres' text cannot hold.
create function archive.is_readable_body(p_body bytea) returns boolean
language sql stable set search_path = pg_catalog as $$
  select exists (select from json_to_record(convert_from(p_body, 'UTF8')::json) as b ("searchText" text, language text))
$$;

-- The only write path of records. Everything that is kept beside the bytes is derived from them here. Expressions without a
-- subquery, because Postgres runs those without starting its executor, and few of them: each is prepared anew in every
-- transaction.
create or replace function archive.append_record(p_header bytea, p_salt bytea, p_body bytea) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  header archive.record_header;
  years integer;
  month date;
begin
  header := jsonb_populate_record(null::archive.record_header, convert_from(p_header, 'UTF8')::jsonb);
  years := archive.class_years(header."retentionClass");
  if (years is not null and octet_length(p_header) between 2 and 3000 and octet_length(p_salt) = 32
      and archive.id_time(header.id) = header."recordedAt"
      and header."bodyHash" = encode(sha256('\x02'::bytea || p_salt || p_body), 'hex')
      and header.streams is distinct from null
      -- What the index will read later must be readable now: a record that cannot be indexed would hold up its indexing.
      and case when position('\x5c75'::bytea in p_body) = 0 then convert_from(p_body, 'UTF8') is json object
        else archive.is_readable_body(p_body) end
    ) is not true then
    perform archive.explain_refusal(p_header, p_salt, p_body);
  end if;
  month := archive.dispose_month(header."recordedAt", nullif(years, 0));
  insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header)
    values (header."recordedAt", header.id, header.type, header."retentionClass", month, p_header);
  insert into archive.archive_body (dispose_month, recorded_at, id, salt, body)
    values (month, header."recordedAt", header.id, p_salt, p_body);
end $$;

-- Says why a record was refused; always raises.
create or replace function archive.explain_refusal(p_header bytea, p_salt bytea, p_body bytea) returns void
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
  elsif archive.class_years(header ->> 'retentionClass') is null then
    raise exception 'The retention class % is not known.', header ->> 'retentionClass' using errcode = 'check_violation';
  end if;
  raise exception 'Header and body must be JSON objects of the record format.' using errcode = 'check_violation';
end $$;

revoke execute on function archive.publish_terms, archive.class_years, archive.is_readable_body from public;

select set_config('gateway.migration', '', true);
