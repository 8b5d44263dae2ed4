-- atlas:checkpoint

CREATE TABLE people (id int);
CREATE INDEX people_id_idx ON people (id);
