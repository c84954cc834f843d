-- Which database this is. Every database counts its jobs from 1, so what leaves it under a job's number alone is found in every other one, too.

CREATE TABLE identity (
  only_row         INTEGER PRIMARY KEY CHECK (only_row = 1),
  database_id      TEXT NOT NULL CHECK (length(database_id) = 16),  -- random, hexadecimal; a copy of the file keeps it
  older_callbacks  INTEGER NOT NULL                                 -- callbacks up to this number were here before, and may have been told without it
) STRICT;

INSERT INTO identity (only_row, database_id, older_callbacks)
SELECT 1, lower(hex(randomblob(8))), (SELECT coalesce(max(callback_no), 0) FROM callbacks);
