-- Rows are entered by a job, many at a time, and nobody waits for it. A list of pending entries would be read whole by every
-- question, once for each word.
alter index post_revision_touch_keys set (fastupdate = off);
