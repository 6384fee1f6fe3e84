-- Sign-ins of the running minute by address, shared by every process. Kept for a minute or two, and worth nothing after a
-- crash: unlogged. The address itself is not kept.
create unlogged table sign_in_count (
  source bytea not null,
  minute timestamptz(3) not null,
  attempts integer not null,
  primary key (source, minute)
);
grant select, insert, update, delete on sign_in_count to gateway_service;
