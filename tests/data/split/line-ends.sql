select 1;
-- a; comment
select 'two
lines;' ;

create function f() returns int language sql as $$
  select 1;
$$;
select E'a'
 '\';';