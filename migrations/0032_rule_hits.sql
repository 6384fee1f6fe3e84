-- How right each rule was is told from one narrow row for each rule that found something in what was handed in: the verdicts
-- themselves carry their inputs, and a report over years would read all of them. The rows are kept by the database in the
-- transaction of what they tell of, so an older program beside this schema keeps them too. Each of those transactions holds
-- the lock of the post: two of one post never reckon at once.

create table rule_hit (
  revision_id uuid not null,
  evaluation_id uuid not null,
  rule_id text not null,
  unit_id uuid not null, -- of the post; it never changes
  found_at timestamptz(3) not null,
  superseded_at timestamptz(3), -- the revision was handed in again: from then on the later verdict counts
  findings integer not null,
  share double precision not null, -- of the verdict's findings: so much of the reviewers' time is the rule's
  judged boolean, -- what reviewers said in closed reviews; the last one counts where two differ
  minutes double precision not null default 0, -- from claim to decision, already shared out
  neighbours text[], -- of a judged hit: what was hit, with the word beside it; null until the program has read them
  primary key (revision_id, evaluation_id, rule_id)
);

-- What reviewers said of one revision, and how long they took; a claim lasts ten minutes (`claim.ts`).
create function judge_rule_hits(revision uuid) returns void language sql as $$
  update rule_hit h set
    judged = (select (d.finding_judgements ->> h.rule_id)::boolean from review v join review_decision d on d.review_id = v.id
      where v.revision_id = revision and v.closed_at is not null and d.finding_judgements ? h.rule_id
      order by d.decided_at desc, d.id desc limit 1),
    minutes = h.share * coalesce((select sum(least(extract(epoch from d.decided_at - v.claimed_until) / 60 + 10, 10))
      from review v join review_decision d on d.review_id = v.id
      where v.revision_id = revision and v.claimed_by = d.reviewer_id and d.decided_at <= v.claimed_until), 0)::float8
    where h.revision_id = revision
$$;

create function rule_hit_found() returns trigger language plpgsql as $$
begin
  insert into rule_hit (revision_id, evaluation_id, rule_id, unit_id, found_at, findings, share)
    select new.revision_id, new.id, f.rule_id, p.unit_id, new.evaluated_at, f.findings,
        f.findings::float8 / jsonb_array_length(new.findings)
      from post_revision r join post p on p.id = r.post_id,
        (select x ->> 'ruleId' as rule_id, count(*)::integer as findings from jsonb_array_elements(new.findings) x group by 1) f
      where r.id = new.revision_id;
  if new.repeated then
    update rule_hit h set superseded_at = (select min(n.evaluated_at) from policy_evaluation n
        where n.revision_id = h.revision_id and n.repeated and (n.evaluated_at, n.id) > (h.found_at, h.evaluation_id))
      where h.revision_id = new.revision_id;
    perform judge_rule_hits(new.revision_id);
  end if;
  return null;
end $$;
create trigger rule_hit_found after insert on policy_evaluation for each row
  when (new.handed_in and (new.repeated or new.findings <> '[]')) execute function rule_hit_found();

create function rule_hit_decided() returns trigger language plpgsql as $$
begin
  perform judge_rule_hits((select revision_id from review where id = new.review_id));
  return null;
end $$;
create trigger rule_hit_decided after insert on review_decision for each row execute function rule_hit_decided();

create function rule_hit_reviewed() returns trigger language plpgsql as $$
begin
  if exists (select from review_decision where review_id = new.id) then perform judge_rule_hits(new.revision_id); end if;
  return null;
end $$;
create trigger rule_hit_reviewed after update of closed_at, claimed_by, claimed_until on review for each row
  when (new.closed_at is distinct from old.closed_at or new.need > 1) execute function rule_hit_reviewed();

-- What was handed in until now.
with decided as (
  select v.revision_id, sum(least(extract(epoch from d.decided_at - v.claimed_until) / 60 + 10, 10))::float8 as minutes
    from review v join review_decision d on d.review_id = v.id
    where v.claimed_by = d.reviewer_id and d.decided_at <= v.claimed_until group by 1
), said as (
  select distinct on (v.revision_id, j.key) v.revision_id, j.key as rule_id, j.value::boolean as judged
    from review v join review_decision d on d.review_id = v.id, jsonb_each(d.finding_judgements) j
    where v.closed_at is not null and d.finding_judgements <> '{}' order by v.revision_id, j.key, d.decided_at desc, d.id desc
), found as (
  select e.revision_id, e.id, x ->> 'ruleId' as rule_id, e.evaluated_at, count(*)::integer as findings,
      count(*)::float8 / jsonb_array_length(e.findings) as share
    from policy_evaluation e, jsonb_array_elements(e.findings) x where e.handed_in
    group by e.id, 3
)
insert into rule_hit (revision_id, evaluation_id, rule_id, unit_id, found_at, findings, share, judged, minutes)
  select f.revision_id, f.id, f.rule_id, p.unit_id, f.evaluated_at, f.findings, f.share, said.judged, f.share * coalesce(decided.minutes, 0)
    from found f join post_revision r on r.id = f.revision_id join post p on p.id = r.post_id
      left join said on said.revision_id = f.revision_id and said.rule_id = f.rule_id
      left join decided on decided.revision_id = f.revision_id
    order by f.evaluated_at, f.id;
update rule_hit h set superseded_at = (select min(n.evaluated_at) from policy_evaluation n
    where n.revision_id = h.revision_id and n.repeated and (n.evaluated_at, n.id) > (h.found_at, h.evaluation_id))
  where h.revision_id in (select revision_id from policy_evaluation where repeated);

create index rule_hit_found_at on rule_hit (found_at);
create index rule_hit_unit on rule_hit (unit_id, found_at);
create index rule_hit_unread on rule_hit (found_at) where judged is not null and neighbours is null;

grant select, insert, update on rule_hit to gateway_service;
