-- What staff and officers look at all day stays quick when years lie behind it.
create index review_closed on review (closed_at desc, id desc) where closed_at is not null;
create index review_unit_closed on review (unit_id, closed_at desc, id desc) where closed_at is not null;
create index review_unit_status on review (unit_id, status);
create index review_decision_decided on review_decision (decided_at);
create index review_decision_author on review_decision (author_id);
create index post_unit_status on post (unit_id, status);
