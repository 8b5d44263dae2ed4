create function add(a int, b int) returns int language sql
begin atomic
  select a + b;
end;
create or replace procedure touch(a int)
begin atomic
  update t set x = case when a > 0 then case a when 1 then 2 else 3 end end where id = a;
  insert into log values ('; end;');
  -- end;
END;
create function nothing() returns void begin atomic end;
create function labels() returns int begin atomic
  select 1 end;
  select 2 as end, 3 "case", t.end from t;
  select case when true then 1 end case;
end;
create function named("begin" int, atomic int) returns int return "begin" + atomic;
create function begin(begin int) returns int language sql as 'select 1; select 2';
create function tabled() returns table (begin int, "end" int) begin atomic select 1, 2; end;
create procedure outer_one() begin atomic
  create function inner_one() returns int begin atomic select 1; end;
  create rule r as on insert to t do (select 1; select 2;);
  select 3;
end;
begin;
select 1;
end;
begin transaction isolation level serializable;
end work;
create view atomic as select 1 as begin;
create or replace view begin as select 1 as atomic;
create trigger t before insert on t for each row execute function begin();
select begin atomic from (select 1 as begin) x;
