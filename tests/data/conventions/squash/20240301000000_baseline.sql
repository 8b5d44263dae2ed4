-- migrate:up
create table a ();
create table b ();

-- migrate:down
drop table a, b;
