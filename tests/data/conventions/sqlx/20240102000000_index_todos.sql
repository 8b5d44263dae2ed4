-- no-transaction
create index concurrently todos_text on todos (text);
