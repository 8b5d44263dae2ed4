-- Up Migration
CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL);

-- Down Migration
DROP TABLE accounts;
