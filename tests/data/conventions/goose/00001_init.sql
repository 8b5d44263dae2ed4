-- +goose Up
create table items (id bigint primary key, name text);

-- +goose Down
drop table items;
