-- Which copy was kept of the image's file: the SHA-256 of its content, which is also the copy's name; NULL where none was.

ALTER TABLE images ADD COLUMN kept TEXT CHECK (length(kept) = 64);
