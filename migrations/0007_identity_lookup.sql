-- What every request asks: who is this, and what may they do now. Functions, so that Postgres plans the question once a
-- connection and not once a request.

create index role_grant_user on role_grant (user_id);

-- One's own roles in force, and what a colleague lends who still holds it. Only somebody who holds the role somewhere of
-- their own can be lent it, so that nobody becomes a reviewer by delegation.
create function grants_in_force(p_user uuid, p_now timestamptz) returns json[]
language plpgsql stable as $$
declare
  own json[];
  lent json[];
begin
  select coalesce(array_agg(json_build_object('role', g.role, 'unitId', g.unit_id)), '{}') into own
    from role_grant g
    where g.user_id = p_user and g.granted_at <= p_now and (g.revoked_at is null or g.revoked_at > p_now);
  if not exists (select from delegation d where d.to_user_id = p_user and d.ended_at is null and d.valid_until > p_now) then
    return own;
  end if;
  select coalesce(array_agg(json_build_object('role', d.role, 'unitId', d.unit_id, 'delegatedBy', d.from_user_id)), '{}') into lent
    from delegation d join unit on unit.id = d.unit_id join app_user lender on lender.id = d.from_user_id
    where d.to_user_id = p_user and d.ended_at is null and d.valid_from <= p_now and d.valid_until > p_now and lender.active
      and exists (select from role_grant g where g.user_id = lender.id and g.role = d.role and g.unit_id = any (unit.path)
        and g.granted_at <= p_now and (g.revoked_at is null or g.revoked_at > p_now))
      and exists (select from role_grant g where g.user_id = p_user and g.role = d.role
        and g.granted_at <= p_now and (g.revoked_at is null or g.revoked_at > p_now));
  return own || lent;
end $$;

-- An examination in force; only people of the issuer `examiner` have one.
create function examination_in_force(p_user uuid, p_now timestamptz) returns json
language plpgsql stable as $$
begin
  return (select json_build_object('filter', x.filter, 'unitId', x.unit_id) from examiner_access x
    where x.user_id = p_user and x.ended_at is null and x.valid_from <= p_now and x.valid_until > p_now limit 1);
end $$;

-- The session, the person behind it and what they may do, in one row and one round trip.
create function session_in_force(p_session uuid, p_now timestamptz)
returns table ("sessionId" uuid, "authenticatedAt" timestamptz, "lastSeenAt" timestamptz, "expiresAt" timestamptz,
  "endedAt" timestamptz, "groupsState" text, "userId" uuid, "displayName" text, active boolean, "unitId" uuid,
  "unitPath" uuid[], grants json[], examination json)
language plpgsql stable rows 1 as $$
begin
  return query select s.id, s.authenticated_at::timestamptz, s.last_seen_at::timestamptz, s.expires_at::timestamptz,
      s.ended_at::timestamptz, s.groups_state, u.id, u.display_name, u.active, u.unit_id, own.path,
      grants_in_force(u.id, p_now), case when u.issuer = 'examiner' then examination_in_force(u.id, p_now) end
    from user_session s join app_user u on u.id = s.user_id join unit own on own.id = u.unit_id
    where s.id = p_session;
end $$;

grant execute on function grants_in_force, examination_in_force, session_in_force to gateway_service;
