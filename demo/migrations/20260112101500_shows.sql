-- migrate:up
create table shows (
  id bigint generated always as identity primary key,
  venue_id bigint not null references venues (id),
  title text not null,
  starts_at timestamptz not null,
  unique (venue_id, starts_at)
);

-- migrate:down
drop table shows;
