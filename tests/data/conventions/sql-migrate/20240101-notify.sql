-- Copyright Example Inc.
-- +migrate Up
-- +migrate StatementBegin
create function notify_jobs() returns trigger language plpgsql as $$
begin
  perform pg_notify('jobs', new.id::text);
  return new;
end;
$$;
-- +migrate StatementEnd

-- +migrate Down
drop function notify_jobs();
