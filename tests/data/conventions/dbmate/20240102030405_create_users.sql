-- migrate:up
create table users (
  id bigint primary key,
  email text not null unique
);

-- migrate:down
drop table users;
