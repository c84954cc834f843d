-- The failures of each origin of a job, counted as results arrive, and only where images fail. The succeeded images are the rest: total, less failed
-- and pending ones, which have indexes.

ALTER TABLE origins ADD COLUMN images_failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE origins ADD COLUMN failed_run INTEGER NOT NULL DEFAULT 1;  -- the run of these failures: after a redrive there are none
ALTER TABLE origins ADD COLUMN last_error TEXT;                        -- the code of the failure that was recorded last

UPDATE origins
   SET failed_run = (SELECT run FROM jobs WHERE jobs.job_id = origins.job_id);
UPDATE origins
   SET (images_failed, last_error)
     = (SELECT count(*), iif(max(recorded_at) IS NULL, NULL, code) FROM images INDEXED BY images_failed_by_origin
         WHERE images.job_id = origins.job_id AND images.origin_no = origins.origin_no AND images.state = 2 AND images.run = origins.failed_run);

-- An origin of a job by its text, and the origins with most failures.
CREATE INDEX origins_by_name ON origins (job_id, origin);
CREATE INDEX origins_by_failures ON origins (job_id, failed_run, images_failed DESC) WHERE images_failed > 0;
