--! Previous: sha1:6f625643ae07db465b48533fe75af5e2c9e34687
--! Hash: sha1:59db17900a6cee1da3c3c5232286d52ee95168e0
--! Message: Index owner

--! no-transaction
CREATE INDEX CONCURRENTLY accounts_owner ON accounts (owner);
