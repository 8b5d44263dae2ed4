-- Built without locking the table.

-- migrate:up transaction:false
create index concurrently users_email_lower on users (lower(email));

-- migrate:down transaction:false
drop index concurrently users_email_lower;
