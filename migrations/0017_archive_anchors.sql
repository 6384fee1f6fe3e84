-- What a witness signed lies in the bucket as well, so that a rebuilt database has it.

select set_config('gateway.migration', 'on', true);

alter table archive.object drop constraint object_kind_known;
alter table archive.object add constraint object_kind_known
  check (kind in ('entries', 'bodies', 'tile', 'checkpoint', 'timestamp', 'cosignature'));

select set_config('gateway.migration', '', true);
