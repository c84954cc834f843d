-- jobs_by_state tells which jobs are unfinished as well, so every job was put into, and taken out of, one index too many.

DROP INDEX jobs_unfinished;
