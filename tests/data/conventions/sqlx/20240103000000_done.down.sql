alter table todos drop column done;
