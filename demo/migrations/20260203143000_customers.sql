-- migrate:up
create table customers (
  id bigint generated always as identity primary key,
  email text not null,
  name text not null
);

create unique index customers_email on customers (lower(email));

-- migrate:down
drop table customers;
