-- Views inside of statements: their tables are none of those of the statement.
create table t (id int primary key, a int, x text);
create table u (id int, a int);
create view v as select u.a as va, t.x as vx from u join t on t.id = u.id where u.a > 0;
insert into t values (1, 1, 'one'), (2, 2, 'two');
insert into u values (1, 10), (2, 20);
update t as z set a = a + 1 returning id, (select max(va) from v where vx = z.x);
update u as z set a = z.a + 1 returning id, exists (select 1 from v where va > 5);
insert into u values (3, 30) returning (select count(*) from t), id in (select id from t);
update t set a = 5 from u where u.id = t.id returning t.id, (select count(*) from v where va = 1 and v.vx = t.x);
select * from t, lateral (select * from v where v.vx = t.x) l order by 1;
select * from v, v as w where v.va = w.va order by 1;
delete from t as z using u as o where o.id = z.id returning o.a, z.x;
