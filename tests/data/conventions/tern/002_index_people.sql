---- tern: disable-tx ----
CREATE INDEX CONCURRENTLY people_name_idx ON people (name);

---- create above / drop below ----
DROP INDEX people_name_idx;
