-- Cancelling a job, trying its failed images again, and submitting once only.
--
-- A redrive changes one row: the job gets another run. From then on a failed image of an older run counts as pending, until the new run has
-- its result; so a redrive of a million failures takes no longer than that of one, and there is nothing that a crash could leave half done.

ALTER TABLE jobs ADD COLUMN run_started_at INTEGER;               -- when its run began; NULL: with its submission
ALTER TABLE jobs ADD COLUMN run_kept INTEGER NOT NULL DEFAULT 0;  -- images that had their measurement before this run
ALTER TABLE jobs ADD COLUMN cancelled_at INTEGER;                 -- its run is to end, or has ended, by a client's wish

CREATE TABLE idempotency_keys (
  key        TEXT NOT NULL PRIMARY KEY,                -- as the client gave it
  digest     TEXT NOT NULL,                            -- SHA-256 of the body it came with, in hex
  job_id     INTEGER NOT NULL,                         -- of a job that was published, so it stays
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys are forgotten after a day.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
