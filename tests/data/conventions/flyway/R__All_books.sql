create or replace view all_books as select * from books;
