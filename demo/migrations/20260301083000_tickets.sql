-- migrate:up
create table tickets (
  id bigint generated always as identity primary key,
  show_id bigint not null references shows (id),
  seat_id bigint not null references seats (id),
  customer_id bigint not null references customers (id),
  sold_at timestamptz not null default now()
);

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

-- migrate:down
drop table tickets;
drop function no_tickets_after_the_show();
