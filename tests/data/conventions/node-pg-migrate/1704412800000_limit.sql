-- Up Migration
ALTER TABLE accounts ADD CHECK (balance >= 0);
-- Down Migration
ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check;
