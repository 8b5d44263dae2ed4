-- first; comment
select 1; -- tail ; of one
/* block; */ select /* a /* nested; */ ; */ 2 /* end; */;
/**/;/* only a comment */;
select 1 --- three; dashes
  + 2;
select 1 +/* comment; glued */2 -/*;*/-- ;
  3;
select 4 */* ; */5;
-- 'quote in a comment
select '-- no comment;', "/* none;", $$/* none; */$$;
/* ' " $$ */ select 6
-- the last line has no end