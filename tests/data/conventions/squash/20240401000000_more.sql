-- migrate:up
create table c ();

-- migrate:down
drop table c;
