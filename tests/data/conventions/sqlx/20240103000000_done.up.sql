alter table todos add column done boolean;
