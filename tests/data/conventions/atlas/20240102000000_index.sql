-- atlas:txmode none

CREATE INDEX CONCURRENTLY people_id_idx ON people (id);
