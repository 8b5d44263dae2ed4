alter table profiles add column avatar_url text;
