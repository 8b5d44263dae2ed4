create table books (id bigint primary key, title text);
