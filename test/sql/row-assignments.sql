-- SET (columns) = (query).
create table e (id int primary key, dept text, sal numeric(10,2));
create table f (id int, n int);
insert into e values (1,'a',100.50),(2,'a',200),(3,'b',150);
insert into f values (2, 7), (3, 8), (3, 9);
update e set (sal, dept) = (select max(sal), 'm' from e x where x.id < e.id) where id = 3 returning id, sal, dept;
update e set (sal, dept) = (select n, 'n' || id from f where f.id = e.id) where id < 3 returning *;
update e set (sal, dept) = (select n, 'n' from f where f.id = e.id);
update e set (sal, dept) = (select n from f where f.id = e.id);
update e set (sal, dept) = (select 1, 2, 3);
update e set (dept) = (select 'q') where id = 1 returning *;
update e set (sal, dept) = (select 'x'::text, 'y');
update e set (sal, dept) = (select '5', null), id = id + 10 where id = 1 returning *;
insert into e values (2, 'z', 1) on conflict (id) do update set (dept, sal) = (select excluded.dept, e.sal + 1) returning *;
update e set (sal, dept) = (values (1, 'v')) where id = 2 returning *;
update e set (sal, dept) = (select 1, 'v' union select 2, 'w' order by 1 limit 1) where id = 2 returning *;
select * from e order by id;
