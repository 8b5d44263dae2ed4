insert into profiles values (gen_random_uuid());
