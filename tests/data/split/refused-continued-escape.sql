select E'a'
'b\';
