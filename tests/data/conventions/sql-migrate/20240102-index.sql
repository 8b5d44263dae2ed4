-- +migrate Up notransaction
create index concurrently jobs_id on jobs (id);

-- +migrate Down notransaction
drop index concurrently jobs_id;
