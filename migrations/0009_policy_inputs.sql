-- What a verdict was reached from, whole: threads, formats and audiences; and what came of it: the sample and the trace.

alter table post_revision
  add column thread text[] not null default '{}', -- the items after the first, in order
  add column format text, -- null: an ordinary post
  add column audience text;

-- Null in rows of an older program, which kept neither.
alter table policy_evaluation
  add column sample jsonb, -- { perMillion, selected }; null: no route of it is sampled
  add column trace jsonb;
