-- Alone: a program of before writes `touch_keys`.

-- A simulation leaves alone what no changed rule can touch, of which the record holds the verdict; `anew` judges that too.

alter table policy_simulation add column anew boolean not null default false;

create or replace function policy_simulation_guard() returns trigger language plpgsql as $$
begin
  if old.state not in ('waiting', 'running') then
    raise exception 'the report of a simulation does not change' using errcode = 'check_violation', constraint = 'policy_simulation_stays';
  end if;
  if (new.draft_version, new.base_version, new.units, new.from_at, new.to_at, new.anew)
    is distinct from (old.draft_version, old.base_version, old.units, old.from_at, old.to_at, old.anew) then
    raise exception 'what a simulation compares does not change' using errcode = 'check_violation', constraint = 'policy_simulation_stays';
  end if;
  return new;
end $$;

alter table policy_simulation drop column touch_keys;
