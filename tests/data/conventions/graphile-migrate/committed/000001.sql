--! Previous: -
--! Hash: sha1:6f625643ae07db465b48533fe75af5e2c9e34687

CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL);
