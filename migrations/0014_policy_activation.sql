-- A version goes live only with the report of a simulation: of exactly its files, over the whole firm, ended, and asked for
-- while the version that it replaces was in force. Without one go live what the program ships, on a new installation; a block
-- rule in an emergency; and the version that comes back when nobody approved an emergency.

alter table policy_version
  add column simulation_id uuid references policy_simulation (id) on delete restrict; -- approved, then made active with it

create index policy_simulation_draft on policy_simulation (draft_version, requested_at desc);

-- What was compared does not change, and neither does a report.
create function policy_simulation_guard() returns trigger language plpgsql as $$
begin
  if old.state not in ('waiting', 'running') then
    raise exception 'the report of a simulation does not change' using errcode = 'check_violation', constraint = 'policy_simulation_stays';
  end if;
  if (new.draft_version, new.base_version, new.units, new.from_at, new.to_at, new.touch_keys)
    is distinct from (old.draft_version, old.base_version, old.units, old.from_at, old.to_at, old.touch_keys) then
    raise exception 'what a simulation compares does not change' using errcode = 'check_violation', constraint = 'policy_simulation_stays';
  end if;
  return new;
end $$;
create trigger policy_simulation_guard before update on policy_simulation for each row execute function policy_simulation_guard();

-- Judged at commit, when the version that gives way is retired and an emergency is marked as one.
create function policy_version_guard() returns trigger language plpgsql as $$
declare
  now_is policy_version;
begin
  if tg_op = 'UPDATE' and new.state = old.state and new.activated_at is not distinct from old.activated_at then
    return null;
  end if;
  select * into now_is from policy_version where version = new.version;
  if now_is.emergency_until is not null or not (now_is.state = 'active' or now_is.state = 'approved' and now_is.approved_by is not null) then
    return null;
  end if;
  if now_is.created_by is null
    and not exists (select from policy_version other where other.version <> now_is.version and other.activated_at is not null) then
    return null; -- shipped with the program
  end if;
  if now_is.state = 'active' and exists (select from policy_version lapsed where lapsed.emergency_fallback = now_is.version
    and lapsed.approved_by is null and lapsed.retired_at = now_is.activated_at) then
    return null;
  end if;
  perform from policy_simulation s where s.id = now_is.simulation_id and s.draft_version = now_is.version
    and s.state = 'completed' and (s.report ->> 'complete')::boolean and s.units is null
    and (now_is.state = 'approved'
      or s.base_version is null and not exists (select from policy_version b where b.retired_at is not null)
      or exists (select from policy_version b where b.version = s.base_version and b.retired_at = now_is.activated_at));
  if not found then
    raise exception 'a version goes live only with the report of its simulation' using errcode = 'check_violation', constraint = 'policy_version_simulated';
  end if;
  return null;
end $$;
create constraint trigger policy_version_guard after insert or update of state, activated_at on policy_version
  deferrable initially deferred for each row execute function policy_version_guard();
