-- Whether the file was left in order. One that was not, and has no log beside it, was copied alone, or has lost its log.

CREATE TABLE openings (
  only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
  opened_at INTEGER                                    -- by the process that has it open, or did not leave it in order; else NULL
) STRICT;

INSERT INTO openings (only_row, opened_at) VALUES (1, NULL);
