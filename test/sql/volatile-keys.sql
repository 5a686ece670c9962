-- Keys that call volatile functions: once for a row, whether they are shown or not.
create sequence s;
select nextval('s') + 0 as v from generate_series(1, 2) order by 1 desc;
select nextval('s') as n, g from generate_series(1, 3) g order by n desc;
select nextval('s') > 0 as is from generate_series(1, 3) g group by 1;
select last_value from s;
select g from generate_series(1, 2) g order by nextval('s') desc;
select last_value from s;
select nextval('s') union all select nextval('s') order by 1 desc;
select last_value from s;
