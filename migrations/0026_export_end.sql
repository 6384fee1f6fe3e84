-- A finished package has an end: the time for which it was asked to be kept, or sooner the destruction of what it holds.

alter table export
  -- Packages from before are kept as long from now on as new ones are where nothing else is asked.
  add column keep_until timestamptz(3) not null default now() + interval '90 days',
  add column body_months date[] not null default '{}', -- the months (dispose_month) of the bodies in the package
  drop constraint export_status_known,
  add constraint export_status_known check (status in ('waiting', 'running', 'completed', 'failed', 'cancelled', 'removed')),
  drop constraint export_failed_says_why,
  add constraint export_failed_says_why check (status not in ('failed', 'removed') or failure is not null);
create index export_kept on export (keep_until) where status = 'completed';

grant select, insert, update on export to gateway_service;
