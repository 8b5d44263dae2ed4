-- migrate:up
create table venues (
  id bigint generated always as identity primary key,
  name text not null unique,
  city text not null
);

create table seats (
  id bigint generated always as identity primary key,
  venue_id bigint not null references venues (id),
  seat_row text not null,
  seat_number integer not null check (seat_number > 0),
  unique (venue_id, seat_row, seat_number)
);

insert into venues (name, city) values ('Little Theatre', 'Turku');
insert into seats (venue_id, seat_row, seat_number)
select 1, chr(64 + r), n from generate_series(1, 4) r, generate_series(1, 10) n;

-- migrate:down
drop table seats;
drop table venues;
