-- migrate:up
create index guests_by_name on guests (name);

-- migrate:down
drop index guests_by_name;
