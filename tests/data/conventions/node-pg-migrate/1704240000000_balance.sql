ALTER TABLE accounts ADD balance bigint NOT NULL DEFAULT 0;
