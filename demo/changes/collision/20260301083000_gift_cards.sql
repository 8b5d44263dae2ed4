-- migrate:up
create table gift_cards (
  code text primary key,
  balance_cents integer not null check (balance_cents >= 0)
);

-- migrate:down
drop table gift_cards;
