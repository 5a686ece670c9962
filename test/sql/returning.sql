-- RETURNING, ON CONFLICT and SET with expressions and queries of every kind.
create table t (id int primary key, a int, b numeric);
create table u (id int, a int);
insert into t values (1, 1, 1.0), (2, 2, 1.00), (3, 3, 2), (4, null, null);
insert into u values (1, 10), (2, 20);
update t as z set a = a + 1 returning case when z.a > 2 then z.a else z.id end, case z.id when 1 then 'one' end;
insert into t as z values (9, 9, 9) returning (select u.a from u where u.id < z.id order by 1 limit 1), (select a + z.a from u limit 1);
delete from t as z where id = 9 returning (select sum(u.a + z.a) from u), exists (select from u where u.a > z.a), z.a in (select a - 1 from u);
update t set a = (select sum(x.a) from t x where x.id < t.id) + 1 returning *;
select * from t order by id;
update t set a = (select max(id) from t) where a is null;
select * from t order by id;
update t set a = (select count(*) from t x where x.a = t.a), b = (select max(a) from t);
select * from t order by id;
delete from t where id > (select min(x.id) from t x where x.id <= t.id);
select * from t order by id;
insert into t values (7, 7, 7) on conflict (id) do update set a = (select count(*) from t);
insert into t values (7, 7, 7) on conflict (id) do update set a = (select count(*) from t);
select * from t order by id;
-- Refused.
insert into t values (1, 5, 5), (7, 7, 7) on conflict (id) do update set a = (select count(*) from t);
insert into t values (20, 1, 1) returning (select count(*) from t);
update t set a = t.a + 1 from u where u.id = t.id returning u.a + 1;
delete from t using u where u.id = t.id returning (select u.a);
