CREATE TABLE people (id int);
