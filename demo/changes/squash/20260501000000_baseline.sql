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
  price_cents integer not null default 2500 check (price_cents >= 0),
  unique (venue_id, seat_row, seat_number)
);

create table shows (
  id bigint generated always as identity primary key,
  venue_id bigint not null references venues (id),
  title text not null,
  starts_at timestamptz not null,
  sold_out boolean not null default false,
  unique (venue_id, starts_at)
);

create table customers (
  id bigint generated always as identity primary key,
  email text not null,
  name text not null
);
create unique index customers_email on customers (lower(email));

create table tickets (
  id bigint generated always as identity primary key,
  show_id bigint not null references shows (id),
  seat_id bigint not null references seats (id),
  customer_id bigint not null references customers (id),
  sold_at timestamptz not null default now(),
  refunded_at timestamptz
);
create unique index tickets_one_per_seat on tickets (show_id, seat_id) where refunded_at is null;
comment on index tickets_one_per_seat is 'a seat is sold once per show';

create function no_tickets_after_the_show() returns trigger language plpgsql as $$
begin
  if new.sold_at > (select starts_at from shows where id = new.show_id) then
    raise exception 'show % has begun; no ticket can be sold for it', new.show_id;
  end if;
  return new;
end
$$;
create trigger no_tickets_after_the_show before insert on tickets
for each row execute function no_tickets_after_the_show();

create table gift_cards (
  code text primary key,
  balance_cents integer not null check (balance_cents >= 0)
);

insert into venues (name, city) values ('Little Theatre', 'Turku');
insert into seats (venue_id, seat_row, seat_number)
select 1, chr(64 + r), n from generate_series(1, 4) r, generate_series(1, 10) n;

-- migrate:down
drop schema public cascade;
create schema public;
