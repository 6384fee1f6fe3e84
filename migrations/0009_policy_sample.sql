-- Finds the posts that were drawn for a review after release.

create index policy_evaluation_sampled on policy_evaluation (evaluated_at) where (sample ->> 'selected') = 'true';
