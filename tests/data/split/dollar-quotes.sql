select $$a;b$$, $a$;$$;$b$;$a$, $é1$;$é1$;
create function f() returns text language plpgsql as $body$
begin
  execute $q$select ';'$q$; -- one; more
  return $$it's;$$;
end
$body$;
prepare p(int, int) as select $1, $2+$1;
select a$b$c, 1 from t$1 where $1=$$;$$;
do $$ begin perform 1; end $$;
select $_$ $ ; $$ $_; $_$;
select $$$$;
select $a$ $a $aa$ ; $a$
