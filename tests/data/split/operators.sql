select a @> b, a <@ b, a -> 'b' ->> 'c', a #>> '{b;c}', a ?| array['d'], a ?& array['e'], a ? 'f', a || b, !!a, |/ 2, @-1, a=-1, 5!=-3;
select a::int::text, a[1:2], array[[1,2],[3,4]], f(a := 1, b => 2), (x).y.*, 1.5, .5, 5., 1e10, 1E-5, 0x1F, 0b01, 0o17, 1_000;
select 1+-2, 1 - -2, 1 *-1, a ~*'b', a !~* 'b', a ^@ b, a &&& b, a <-> b, a |-- b;
4
;
select * from t where a % 2 = 0 and b <> 3 and c >= 4 and d <= 5 and e < - 6;
create operator @#@ (function = f, leftarg = int, rightarg = int);
select 1 OPERATOR(pg_catalog.+) 2, count(*), $1;
