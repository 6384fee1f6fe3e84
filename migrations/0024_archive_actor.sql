-- What somebody did is asked of everybody, reviewers above all, whose acts are in the threads of posts.

select set_config('gateway.migration', 'on', true);

drop index archive.search_actor;
create index search_actor on archive.search (actor_id, recorded_at, record_id);

select set_config('gateway.migration', '', true);
