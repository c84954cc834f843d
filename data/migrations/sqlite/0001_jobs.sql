-- Jobs, their visits and their images. Times are milliseconds since 1970 UTC.
-- Numbers stand for names in the code: job state 0 staging 1 ongoing 2 completed 3 failed; image state 0 pending 1 succeeded 2 failed.

CREATE TABLE jobs (
  job_id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: an id is never given twice, also after a deletion
  state            INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  run              INTEGER NOT NULL DEFAULT 1,         -- one more for every redrive
  visits_total     INTEGER NOT NULL,
  images_total     INTEGER NOT NULL,
  images_succeeded INTEGER NOT NULL DEFAULT 0,         -- counted in the transaction of the results
  images_failed    INTEGER NOT NULL DEFAULT 0,
  submitted_at     INTEGER NOT NULL,
  finished_at      INTEGER,
  failures         TEXT,                               -- JSON for the status answer, made once at the end of a run
  CHECK (job_id <= 9007199254740991),                  -- 2^53 - 1: ids survive every JSON reader
  CHECK (images_succeeded >= 0 AND images_failed >= 0 AND images_succeeded + images_failed <= images_total),
  CHECK (state < 2 OR images_succeeded + images_failed = images_total),
  CHECK ((state >= 2) = (finished_at IS NOT NULL)),
  CHECK ((state = 3) = (failures IS NOT NULL))
) STRICT;

-- Recovery and the deletion of orphans look for these few among many finished jobs. The job_id is in it as the row's number.
CREATE INDEX jobs_unfinished ON jobs (state) WHERE state < 2;

CREATE TABLE visits (
  job_id     INTEGER NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
  visit_no   INTEGER NOT NULL,                         -- position in the submission, from 0
  store_id   TEXT NOT NULL,
  visit_time TEXT NOT NULL,                            -- as submitted
  visit_date TEXT,                                     -- YYYY-MM-DD where visit_time reads as ISO 8601
  PRIMARY KEY (job_id, visit_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE images (
  job_id      INTEGER NOT NULL,
  image_no    INTEGER NOT NULL,                        -- position in the job, from 0
  visit_no    INTEGER NOT NULL,
  run         INTEGER NOT NULL DEFAULT 1,              -- the run that has, or will have, its result
  state       INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  url         TEXT NOT NULL,
  width       INTEGER,
  height      INTEGER,
  perimeter   INTEGER,                                 -- 2 * (height + width)
  format      TEXT,
  code        TEXT,                                    -- error vocabulary; set exactly when failed
  error       TEXT,                                    -- the public sentence
  attempts    INTEGER,
  final_url   TEXT,
  address     TEXT,
  http_status INTEGER,
  bytes       INTEGER,
  dns_ms      INTEGER,
  connect_ms  INTEGER,
  total_ms    INTEGER,
  recorded_at INTEGER,
  PRIMARY KEY (job_id, image_no),
  FOREIGN KEY (job_id, visit_no) REFERENCES visits (job_id, visit_no) ON DELETE CASCADE,
  CHECK (state <> 1 OR (width > 0 AND height > 0 AND perimeter = 2 * (width + height)) IS TRUE),
  CHECK ((state = 2) = (code IS NOT NULL AND error IS NOT NULL)),
  CHECK ((state = 0) = (recorded_at IS NULL))
) STRICT, WITHOUT ROWID;

-- A job that goes on after a restart, or is abandoned in slices, finds its next pending images without walking over the finished ones.
-- Costs 6 % of the rate of recording.
CREATE INDEX images_pending ON images (job_id, image_no) WHERE state = 0;

-- The first failure of each store in a job's current run, kept as results arrive, so that the end of a run groups over nothing.
CREATE TABLE store_failures (
  job_id         INTEGER NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
  store_id       TEXT NOT NULL,
  first_image_no INTEGER NOT NULL,
  code           TEXT NOT NULL,
  error          TEXT NOT NULL,
  failed_images  INTEGER NOT NULL,
  PRIMARY KEY (job_id, store_id)
) STRICT, WITHOUT ROWID;

-- The end of a run reads the first 1,000 of these in order.
CREATE INDEX store_failures_in_order ON store_failures (job_id, first_image_no);
