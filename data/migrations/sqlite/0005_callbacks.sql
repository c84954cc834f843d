-- Telling a client's own URL that a run of its job has ended.
-- Numbers stand for names in the code: callback state 0 pending 1 delivered 2 given up.

ALTER TABLE jobs ADD COLUMN callback_url TEXT;         -- as submitted

-- Written in the transaction of the verdict. What is told of the run stands here too, because the job may begin another one before it is told.
CREATE TABLE callbacks (
  callback_no      INTEGER PRIMARY KEY,                -- in the order of the verdicts
  job_id           INTEGER NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
  run              INTEGER NOT NULL,
  state            INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  attempts         INTEGER NOT NULL DEFAULT 0,
  due_at           INTEGER NOT NULL,                   -- of the next attempt; of the last change when not pending
  last_error       TEXT,
  job_state        INTEGER NOT NULL CHECK (job_state BETWEEN 2 AND 3),
  images_succeeded INTEGER NOT NULL,
  images_failed    INTEGER NOT NULL,
  finished_at      INTEGER NOT NULL,
  failures         TEXT,                               -- as in the job's row; gone when not pending
  UNIQUE (job_id, run)
) STRICT;

-- The few that are pending among many that were delivered.
CREATE INDEX callbacks_pending ON callbacks (callback_no) WHERE state = 0;
