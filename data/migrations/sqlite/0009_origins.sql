-- The images of a job by origin (scheme, host, port), so that a job reads those of one origin without a walk over the others.
-- A job that fits one page has no origins: its images keep the number -1. So do those of an older job until the program numbers them.

CREATE TABLE origins (
  job_id       INTEGER NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
  origin_no    INTEGER NOT NULL CHECK (origin_no >= 0), -- from 1, in order of first appearance; 0: the URL cannot be fetched
  origin       TEXT NOT NULL,                          -- 'http://cdn.example.com:80'; empty for 0
  images_total INTEGER NOT NULL,
  PRIMARY KEY (job_id, origin_no)
) STRICT, WITHOUT ROWID;

ALTER TABLE images ADD COLUMN origin_no INTEGER NOT NULL DEFAULT -1;

-- The state lets SQLite find images in the index alone.
DROP INDEX images_pending;
CREATE INDEX images_pending ON images (job_id, origin_no, image_no, state) WHERE state = 0;

-- Of a redriven job, where failed images of an older run are pending. State and run let SQLite skip the others in the index alone.
CREATE INDEX images_failed_by_origin ON images (job_id, origin_no, image_no, run, state) WHERE state = 2;
