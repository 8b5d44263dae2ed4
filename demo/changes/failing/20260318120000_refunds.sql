-- migrate:up
create table refunds (
  ticket_id bigint primary key references tickets (id),
  refunded_at timestamptz not null default now()
);

alter table ticket add column refunded boolean not null default false;

-- migrate:down
drop table refunds;
