-- Rows enter the index of touched posts many at a time, through its list of pending entries: that costs a fifth of entering
-- each word at once. But every question reads the whole list, once for each word (6 s for 100 words over a full one), so whoever
-- has entered rows empties it. Only the owner of an index may.
create function clean_post_touch() returns bigint language sql security definer set search_path = pg_catalog as
  $$ select gin_clean_pending_list('public.post_revision_touch_keys') $$;
revoke execute on function clean_post_touch() from public;
grant execute on function clean_post_touch() to gateway_service;
