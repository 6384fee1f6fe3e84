-- What a statement of the service can no longer say: who wrote a post, what a review asks for and a publication sends, what a
-- version holds and a stop covers are written once. Only what moves is updated.

revoke update on post, review, publication, publication_attempt, stop, policy_version, profile from gateway_service;
grant update (status, current_revision_id, updated_at) on post to gateway_service;
grant update (status, claimed_by, claimed_until, assigned_to, escalated_at, closed_at) on review to gateway_service;
grant update (status, stamped_payload, attempts, next_attempt_at, lease_until, release_record_id, remote_id, permalink, published_at,
  captured_at, retract_requested_by, retract_reason, last_error, updated_at) on publication to gateway_service;
grant update (finished_at, outcome, error) on publication_attempt to gateway_service;
grant update (lift_requested_by, lift_requested_at, lifted_by, lifted_at) on stop to gateway_service;
grant update (state, approved_by, approved_at, activate_at, activated_at, retired_at, simulation_id, emergency_by, emergency_until,
  emergency_fallback) on policy_version to gateway_service;
grant update (status, credential, remote_account_id, settings, updated_at) on profile to gateway_service;

-- The way of a publication (law 5): what is out stays out, what ended does not begin again, and every attempt sends the bytes of
-- the first. Only what was cancelled before the network had it waits again, when its post is approved anew.
create function publication_guard() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and (old.status || ' ' || new.status) not in (
    'waiting publishing', 'waiting stopped', 'waiting cancelled', 'waiting failed', 'waiting unconfirmed', 'waiting published',
    'stopped publishing', 'stopped cancelled', 'stopped failed', 'stopped unconfirmed', 'stopped published',
    'publishing published', 'publishing unconfirmed', 'publishing failed', 'publishing stopped', 'publishing cancelled',
    'unconfirmed published', 'unconfirmed waiting', 'unconfirmed failed',
    'cancelled waiting', 'cancelled published', 'failed published', 'published retracted'
  ) then
    raise exception 'a publication that is % does not become %', old.status, new.status
      using errcode = 'check_violation', constraint = 'publication_moves';
  end if;
  if new.stamped_payload is distinct from old.stamped_payload and old.stamped_payload is not null or new.attempts < old.attempts then
    raise exception 'every attempt sends what was released, and none is forgotten'
      using errcode = 'check_violation', constraint = 'publication_sends_the_same';
  end if;
  return new;
end $$;
create trigger publication_guard before update of status, stamped_payload, attempts on publication
  for each row execute function publication_guard();

-- A stop is lifted by whom, when and at whose wish, or not at all; by two people, and once.
alter table stop add constraint stop_lifting_whole
  check ((lifted_by is null) = (lifted_at is null) and (lift_requested_by is null) = (lift_requested_at is null));

create function stop_guard() returns trigger language plpgsql as $$
begin
  if old.lifted_at is not null or old.lift_requested_by is not null and new.lift_requested_by is distinct from old.lift_requested_by then
    raise exception 'what was said of a stop stays' using errcode = 'check_violation', constraint = 'stop_stays';
  end if;
  if new.lifted_by <> new.lift_requested_by and same_person(new.lifted_by, new.lift_requested_by) then
    raise exception 'a stop is lifted by two people' using errcode = 'check_violation', constraint = 'stop_lifted_by_two';
  end if;
  return new;
end $$;
create trigger stop_guard before update on stop for each row execute function stop_guard();

-- As before, and a review cannot stand between a decision and the revision that it is about.
create or replace function review_decision_guard() returns trigger language plpgsql as $$
declare
  found record;
begin
  select r.author_id, r.content_hash, r.revision_id, p.created_by, p.content_hash as said into found
    from review r join post_revision p on p.id = r.revision_id where r.id = new.review_id;
  if new.author_id is distinct from found.author_id or same_person(new.reviewer_id, found.author_id)
    or same_person(new.reviewer_id, found.created_by) then
    raise exception 'nobody reviews their own work' using errcode = 'check_violation', constraint = 'review_decision_not_by_author';
  end if;
  if new.outcome = 'approved' and exists (
    select 1 from review_decision d join review r on r.id = d.review_id
      where r.revision_id = found.revision_id and d.outcome = 'approved' and same_person(new.reviewer_id, d.reviewer_id)) then
    raise exception 'two approvals are two people' using errcode = 'check_violation', constraint = 'review_decision_by_another';
  end if;
  if new.content_hash is distinct from found.content_hash or new.content_hash is distinct from found.said then
    raise exception 'a decision binds to the content that was reviewed' using errcode = 'check_violation', constraint = 'review_decision_binds_content';
  end if;
  return new;
end $$;
