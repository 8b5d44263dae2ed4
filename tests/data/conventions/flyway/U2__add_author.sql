alter table books drop column author;
