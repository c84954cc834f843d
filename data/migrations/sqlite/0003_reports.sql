-- What reports ask for, without a walk over what they do not show.

ALTER TABLE visits ADD COLUMN first_image INTEGER;  -- the number of its first image; those of a visit follow each other
ALTER TABLE visits ADD COLUMN images INTEGER;       -- how many it has

UPDATE visits
   SET first_image = counted.first_image, images = counted.images
  FROM (SELECT job_id, visit_no, min(image_no) AS first_image, count(*) AS images FROM images GROUP BY job_id, visit_no) AS counted
 WHERE counted.job_id = visits.job_id AND counted.visit_no = visits.visit_no;

-- A job's or all jobs' visits of a store, and a store's visits of some days.
CREATE INDEX visits_by_store ON visits (store_id, job_id, visit_no);
CREATE INDEX visits_by_day ON visits (store_id, visit_date, job_id, visit_no);

-- Lists of jobs; each ends with the job_id, which is the row's number.
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_submission ON jobs (submitted_at);

-- Failed images, all or of one code, in order. Costs only where images fail. State and run let SQLite count the images of each code in the
-- index alone, which is seven times as fast.
CREATE INDEX images_failed ON images (job_id, image_no) WHERE state = 2;
CREATE INDEX images_by_code ON images (job_id, code, image_no, state, run) WHERE state = 2;
