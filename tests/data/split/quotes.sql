select 'a;b', 'it''s; fine', '';
select E'a\';b', e'\\', E'a''b\\;';
select 'standard \'; select 'then';
select "semi;colon", "quo""te;", U&"d\0061t;" , U&'a;\0061' ;
select B'0101', x'1F', N'n;';
select 'a;'
  'b;'

  'c;' -- comment; here
;
select E'a;'
  'b\';' as still_escaped;
select U&'d!0061t' uescape '!', 'multi
line; literal';
select E'x' /* no new line */, 'y\';
select 'no end of line'
