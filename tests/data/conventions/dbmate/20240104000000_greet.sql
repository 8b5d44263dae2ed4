-- migrate:up
create function greet() returns text language plpgsql as $$
begin
  -- migrate:down
  return 'hello';
end $$;
insert into notes values ('
-- migrate:down
');
