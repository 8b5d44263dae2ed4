-- Create "people"
CREATE TABLE people (id int);
