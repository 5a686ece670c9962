-- what the select list of INSERT ... SELECT may hold
create table s (a int, b date, c text, d numeric(5,2));
insert into s select 1, null, 'x', '1.234';
insert into s select 2, '2020-01-01', null, null;
insert into s select a + 10, null, null, null from s order by a;
insert into s (b, a) select '2020-13-01', 1;
insert into s (a, b) select 1, 'x';
insert into s (a, c) select '7', 5;
insert into s (a) select null union select null;
insert into s (a) select null union all select 3;
insert into s (b) select x from (select '2020-01-01' as x) y;
insert into s (b) select x from (select null as x) y;
insert into s (a, d) select distinct 5, null;
insert into s (a, b) select 1, current_date limit 0;
insert into s (a) values (1), (null), ('4');
insert into s select 1, 2;
select * from s order by a, b, c, d;
