create or replace view books_by_author as select author, count(*) from books group by author;
