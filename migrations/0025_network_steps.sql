-- Each second the jobs of each network ask what is due there. Most publications are published and read back for good: these
-- indexes hold the few that are not, however many years of posts there are.
create index publication_uncaptured on publication (network, next_attempt_at) where status = 'published' and captured_at is null;
create index publication_recalled on publication (network, next_attempt_at) where status = 'published' and retract_requested_by is not null;
create index publication_leased on publication (profile_id) where lease_until is not null;
