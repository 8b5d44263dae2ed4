-- +migrate Up
create table jobs (id bigint primary key);

-- +migrate Down
drop table jobs;
