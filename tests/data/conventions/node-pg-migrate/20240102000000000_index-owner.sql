-- The index of every look-up by owner.

---- down  migration ----
DROP INDEX accounts_owner;

  -- UP MIGRATION: built while nobody is looking
CREATE INDEX accounts_owner ON accounts (owner);
