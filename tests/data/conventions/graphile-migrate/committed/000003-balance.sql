--! Previous: sha1:59db17900a6cee1da3c3c5232286d52ee95168e0
--! Hash: sha1:dc1261c8b40b37b4110c767650ee310a63e75566
--! Message: Balance

ALTER TABLE accounts ADD balance bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN accounts.balance IS 'at 12:MI, as text: a ::TEXT';
