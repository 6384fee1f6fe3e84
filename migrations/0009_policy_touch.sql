-- Finds the posts that a changed rule can touch: the first letters of every word, as the matcher reads them.

create table post_revision_touch (
  reader integer not null, -- how the keys were made; those of an older reader no longer count
  revision_id uuid not null references post_revision (id) on delete restrict,
  keys integer[] not null,
  primary key (reader, revision_id)
);
create index post_revision_touch_keys on post_revision_touch using gin (keys);

alter table policy_simulation add column touch_keys integer[]; -- null: every post of the period is judged

grant select, insert, delete on post_revision_touch to gateway_service;
