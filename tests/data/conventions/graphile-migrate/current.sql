-- Enter migration here
CREATE VIEW rich AS SELECT id FROM accounts WHERE balance > 1000;
