-- +goose no transaction
-- +goose up
create index concurrently items_name on items (name);
-- +goose down
drop index concurrently items_name;
