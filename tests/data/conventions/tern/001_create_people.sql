CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO people VALUES (1, 'Ada');

---- create above / drop below ----

DROP TABLE people;
