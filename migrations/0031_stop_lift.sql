-- A stop is lifted by a second person, so somebody asked before: without that the comparison said nothing.
alter table stop drop constraint stop_lifted_by_two,
  add constraint stop_lifted_by_two check (lifted_by is null or (lift_requested_by is not null and lifted_by <> lift_requested_by));
