drop function diesel_manage_updated_at(regclass);
