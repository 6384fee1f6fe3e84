-- Alone: an older gateway tells people apart by person_key, which ends here.

-- Law 4 counts people, not accounts. An account carries marks: every employee number and every e-mail address that the
-- provisioning client or the provider ever gave it. Accounts with a mark in common are one human being, through any chain
-- of them, unless both carry an employee number today and the numbers differ: then they are two who share a mailbox.

alter table app_user add column employee_number text;
update app_user set employee_number = nullif(btrim(scim #>> '{urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,employeeNumber}'), '')
  where scim is not null;
-- Whom the client removed keeps the number that it gave.
update app_user set employee_number = substr(person_key, length('employee ') + 1)
  where scim is null and external_id is not null and person_key like 'employee %';

-- Insert only: an address that somebody gave up still tells who they are.
create table person_mark (
  mark text not null,
  user_id uuid not null references app_user (id) on delete restrict,
  primary key (mark, user_id)
);
create index person_mark_user on person_mark (user_id);

-- One mark however it is written; 0017 of one system is 17 of another. Null for nothing.
create function employee_mark(said text) returns text language sql immutable parallel safe as $$
  select 'employee ' || nullif(regexp_replace(lower(normalize(regexp_replace(left(said, 320), '\s', '', 'g'), NFKC)), '^0+(?=.)', ''), '')
$$;
create function address_mark(said text) returns text language sql immutable parallel safe as $$
  select 'address ' || nullif(lower(normalize(regexp_replace(left(said, 320), '\s', '', 'g'), NFKC)), '')
$$;

create function app_user_marks() returns trigger language plpgsql as $$
begin
  insert into person_mark (mark, user_id)
    select distinct said.mark, new.id from (
      select employee_mark(new.employee_number) as mark
      union all select address_mark(new.email)
      union all select address_mark(new.user_name) where new.user_name like '%@%'
      union all select address_mark(email ->> 'value') from jsonb_array_elements(
        case jsonb_typeof(new.scim -> 'emails') when 'array' then new.scim -> 'emails' else '[]' end) as email
    ) as said
    where said.mark is not null
    on conflict do nothing;
  return null;
end $$;
create trigger app_user_marks after insert or update of employee_number, email, user_name, scim on app_user
  for each row execute function app_user_marks();
update app_user set employee_number = employee_number;

-- Every account of the human being behind one of them, itself included. A chain that has met one employee number does not
-- go on to another.
create function accounts_of_person(account uuid) returns setof uuid language sql stable as $$
  with recursive reached (user_id, employee) as (
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
  select distinct user_id from reached
$$;

create function same_person(one uuid, other uuid) returns boolean language sql stable as $$
  select one = other or other in (select accounts_of_person(one))
$$;

-- Maker and checker are two people, and so are two checkers who approve one revision.
create or replace function review_decision_guard() returns trigger language plpgsql as $$
declare
  found record;
begin
  select r.author_id, r.content_hash, r.revision_id, p.created_by into found
    from review r join post_revision p on p.id = r.revision_id where r.id = new.review_id;
  if new.author_id is distinct from found.author_id or same_person(new.reviewer_id, found.author_id)
    or same_person(new.reviewer_id, found.created_by) then
    raise exception 'nobody reviews their own work' using errcode = 'check_violation', constraint = 'review_decision_not_by_author';
  end if;
  if new.outcome = 'approved' and exists (
    select 1 from review_decision d join review r on r.id = d.review_id
      where r.revision_id = found.revision_id and d.outcome = 'approved' and same_person(new.reviewer_id, d.reviewer_id)) then
    raise exception 'two approvals are two people' using errcode = 'check_violation', constraint = 'review_decision_by_another';
  end if;
  if new.content_hash is distinct from found.content_hash then
    raise exception 'a decision binds to the content that was reviewed' using errcode = 'check_violation', constraint = 'review_decision_binds_content';
  end if;
  return new;
end $$;

-- Nobody approves their own policy version, nor decides on a change of roles that they asked for or that is about them.
create function policy_version_approver() returns trigger language plpgsql as $$
begin
  if same_person(new.approved_by, new.created_by) or same_person(new.approved_by, new.emergency_by) then
    raise exception 'nobody approves their own policy version' using errcode = 'check_violation', constraint = 'policy_version_four_eyes';
  end if;
  return null;
end $$;
create trigger policy_version_approver after insert or update of approved_by, emergency_by on policy_version
  for each row when (new.approved_by is not null) execute function policy_version_approver();

create function role_change_decider() returns trigger language plpgsql as $$
begin
  if same_person(new.decided_by, new.requested_by) or new.outcome = 'approved' and same_person(new.decided_by, new.user_id) then
    raise exception 'a change of roles takes two people' using errcode = 'check_violation', constraint = 'role_change_decided_by_another';
  end if;
  return null;
end $$;
create trigger role_change_decider after insert or update of decided_by, outcome on role_change
  for each row when (new.outcome in ('approved', 'rejected')) execute function role_change_decider();

drop index app_user_person_key;
alter table app_user drop column person_key;

grant select, insert on person_mark to gateway_service;
