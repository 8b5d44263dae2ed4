-- +goose Up
-- +goose StatementBegin
create function touch() returns trigger language plpgsql as $$
begin
  new.name := trim(new.name);
  return new;
end
$$
-- +goose StatementEnd
create trigger touch before insert on items for each row execute function touch();
