create table todos (id bigint primary key, text text);
