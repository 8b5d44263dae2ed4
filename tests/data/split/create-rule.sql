create rule one as on insert to t do also insert into log values (new.id);
create or replace rule two as on update to t where (old.id > 0) do instead (
  insert into log values (old.id);
  insert into log values (new.id)
);
create rule three as on delete to t do (select 1;; select (2); notify gone;);
create rule four as on delete to t do instead nothing;
create table rule (a int, b text default '(');
select (1), ((2)), '(' ;
create view rule_view as select (select (1)) as "(";
select 1
