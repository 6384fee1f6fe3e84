-- People arrive by the thousand when a firm is provisioned: what each of them costs the database once less.

-- The marks of an account (0028), each once.
create function marks_of(employee_number text, email text, user_name text, scim jsonb) returns setof text
language sql immutable parallel safe as $$
  select said.mark from (
    select employee_mark(employee_number) as mark
    union select address_mark(email)
    union select address_mark(user_name) where user_name like '%@%'
    union select address_mark(one ->> 'value') from jsonb_array_elements(
      case jsonb_typeof(scim -> 'emails') when 'array' then scim -> 'emails' else '[]' end) as one
  ) as said where said.mark is not null
$$;

-- Once for a statement that enters people, however many they are.
create function app_user_marks_entered() returns trigger language plpgsql as $$
begin
  insert into person_mark (mark, user_id)
    select said.mark, person.id from entered as person
      cross join lateral marks_of(person.employee_number, person.email, person.user_name, person.scim) as said (mark)
    on conflict do nothing;
  return null;
end $$;

create or replace function app_user_marks() returns trigger language plpgsql as $$
begin
  insert into person_mark (mark, user_id)
    select said.mark, new.id from marks_of(new.employee_number, new.email, new.user_name, new.scim) as said (mark)
    on conflict do nothing;
  return null;
end $$;

drop trigger app_user_marks on app_user;
create trigger app_user_marks_entered after insert on app_user referencing new table as entered
  for each statement execute function app_user_marks_entered();
create trigger app_user_marks_changed after update of employee_number, email, user_name, scim on app_user
  for each row when ((old.employee_number, old.email, old.user_name, old.scim)
    is distinct from (new.employee_number, new.email, new.user_name, new.scim))
  execute function app_user_marks();

-- The firm, to which everybody belongs whose unit is not known, stands among all units.
create index unit_root on unit (id) where parent_id is null;

-- Asked for each person whose roles change, also minutes after thousands came and before any statistics know of them: from
-- mark to mark by index, planned once a connection, whatever Postgres believes of the tables' sizes. The rule is that of 0028.
create or replace function accounts_of_person(account uuid) returns setof uuid
language plpgsql stable rows 2 set join_collapse_limit = 1 set enable_seqscan = off set enable_hashjoin = off
  set enable_mergejoin = off as $$
begin
  return query with recursive reached (user_id, employee) as (
    select id, employee_mark(employee_number) from app_user where id = account
    union
    select other.id, coalesce(reached.employee, employee_mark(other.employee_number))
      from reached
      join person_mark mine on mine.user_id = reached.user_id
      join person_mark theirs on theirs.mark = mine.mark
      join app_user other on other.id = theirs.user_id
      where reached.employee is null or other.employee_number is null
        or employee_mark(other.employee_number) = reached.employee
  )
  select distinct reached.user_id from reached;
end $$;
