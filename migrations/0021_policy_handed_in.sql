-- Alone: a program that does not know these columns writes verdicts that no simulation would find.

-- What 0020 guessed from where a post stood later, the record of each act tells: `post.submitted` and `post.blocked` are of
-- the instant of the verdict with which a revision was handed in. A draft's first verdict, a withdrawn draft's and the
-- blocked one that its author mended are not history; what went straight through and was revised later is.
create temporary table handed_in on commit drop as
  select distinct on (r.recorded_at, r.id) e.id
    from (select recorded_at, id, (convert_from(header, 'UTF8')::json -> 'streams' ->> 'post')::uuid as post
        from archive.archive_record where type in ('post.submitted', 'post.blocked')) r
      join post_revision v on v.post_id = r.post
      join policy_evaluation e on e.revision_id = v.id and e.evaluated_at = r.recorded_at and e.occasion = 'submission'
    order by r.recorded_at, r.id, e.id desc; -- of one instant the last one: before it the same revision was a draft
create index on handed_in (id);
analyze handed_in;

update policy_evaluation e set handed_in = true from handed_in h where h.id = e.id and not e.handed_in;
update policy_evaluation e set handed_in = false
  where e.handed_in and not exists (select from handed_in h where h.id = e.id);

-- Of few revisions there is more than one.
create temporary table handed_in_again on commit drop as
  select id from (select id, row_number() over (partition by revision_id order by evaluated_at, id) as nth
    from policy_evaluation where handed_in) e where nth > 1;
create unique index on handed_in_again (id);

update policy_evaluation e set repeated = true from handed_in_again h where h.id = e.id and not e.repeated;
update policy_evaluation e set repeated = false
  where e.repeated and not exists (select from handed_in_again h where h.id = e.id);
