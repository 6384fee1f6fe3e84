-- What an examiner did is asked by who did it. Examiners read and write nothing, so that none of their acts is in the thread of
-- a post: most records are, and cost nothing here.

select set_config('gateway.migration', 'on', true);

create index search_actor on archive.search (actor_id, recorded_at, record_id) where post_id is null;

select set_config('gateway.migration', '', true);
