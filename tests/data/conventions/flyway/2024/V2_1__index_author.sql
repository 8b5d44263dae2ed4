create index concurrently books_author on books (author);
