-- What history is stands beside each verdict, so that a simulation of a million posts looks into no other table.

alter table policy_evaluation
  add column handed_in boolean not null default false, -- the revision was handed in with this verdict
  add column repeated boolean not null default false;  -- and had been handed in with an earlier one

update policy_evaluation e set handed_in = true
  from post_revision r join post p on p.id = r.post_id
  where r.id = e.revision_id and e.occasion = 'submission'
    and case when p.current_revision_id = r.id then p.status <> 'draft'
      else e.verdict = 'block' or exists (select from review v where v.revision_id = r.id) end;
update policy_evaluation e set repeated = true
  where e.handed_in and exists (select from policy_evaluation o where o.revision_id = e.revision_id and o.handed_in
    and (o.evaluated_at, o.id) < (e.evaluated_at, e.id));

drop index policy_evaluation_history;
create index policy_evaluation_history on policy_evaluation (evaluated_at, id) where handed_in;
-- Few revisions are handed in twice: that most were not is told by an index that is nearly empty.
create index policy_evaluation_repeated on policy_evaluation (revision_id, evaluated_at, id) where repeated;
