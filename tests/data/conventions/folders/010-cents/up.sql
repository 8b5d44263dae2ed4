ALTER TABLE people ADD COLUMN cents int;
