-- A post is judged again when it is about to leave: the same stage of the same policy version may then be asked for anew.

alter table review drop constraint review_stage_unique;
create unique index review_stage_unique on review (revision_id, stage_index, policy_version) where status in ('open', 'waiting');
