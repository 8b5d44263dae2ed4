-- migrate:up transaction:false
alter table tickets add column refunded_at timestamptz;
create unique index concurrently tickets_one_per_seat on tickets (show_id, seat_id)
where refunded_at is null;
comment on index tickets_one_per_seat is 'a seat is sold once per show';

-- migrate:down
drop index tickets_one_per_seat;
alter table tickets drop column refunded_at;
