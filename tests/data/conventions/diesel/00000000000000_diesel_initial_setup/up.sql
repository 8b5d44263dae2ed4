create function diesel_manage_updated_at(_tbl regclass) returns void language sql as $$ select $$;
