-- migrate:up
alter table seats add column price_cents integer not null default 2500 check (price_cents >= 0);
alter table shows add column sold_out boolean not null default false;

-- migrate:down
alter table shows drop column sold_out;
alter table seats drop column price_cents;
