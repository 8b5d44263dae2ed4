begin;
alter table accounts add column balance numeric not null default 0;
commit;
