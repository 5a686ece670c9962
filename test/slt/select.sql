create table t (a int primary key, b text, c numeric(6,2), d boolean)

insert into t values (1, 'one', 1.5, true), (2, 'two', 2.25, false), (3, null, null, null), (4, 'four', -4, true)

select * from t order by a

select a, b as name, c * 2 as double from t where a > 1 order by c

select b from t order by b desc

select b from t order by b nulls first

select count(*), count(b), sum(a), avg(a), min(b), max(c), sum(c), avg(c) from t

select d, count(*) as n from t group by d order by n desc, d

select d, a from t group by d

select d from t group by d having count(*) > 1

select a % 2 as odd, sum(c) from t group by a % 2 order by 1

select distinct d from t order by d

select * from t where b like '%o%' order by a

select * from t where b ilike 'T%'

select a from t where a between 2 and 3 order by a desc

select a from t where a in (1, 3, 5) order by a

select a from t where a not in (1, 3) order by a

select a from t where b is null

select a from t where b is distinct from 'two' order by a

select a, case when a < 3 then 'low' else 'high' end as level from t order by a

select a, case d when true then 'yes' when false then 'no' end from t order by a

select coalesce(b, 'none') from t order by a

select nullif(a, 2) from t order by a

select greatest(1, 3, 2), least(2, null, 1)

select (select max(a) from t), exists (select 1 from t where a > 3)

select a from t where a = (select max(a) from t)

select a from t x where exists (select 1 from t y where y.a = x.a + 1) order by a

select x.a, y.b from t x join t y on y.a = x.a + 1 order by x.a

select x.a, y.b from t x left join t y on y.a = x.a + 1 order by x.a

select x.a, y.a from t x full join t y on y.a = x.a + 2 order by x.a nulls last, y.a

select count(*) from t x cross join t y

select a from t x join t y using (a) order by a

select t.a from t natural join (select 1 as a) s

with r as (select a from t where a < 3) select sum(a) from r

with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select sum(n) from r

select 1 union select 1 union all select 2 order by 1

select a from t intersect select 2

select a from t except select 2 order by a

select a from t order by a limit 2 offset 1

select a from t order by a limit -1

select row_number() over (order by a desc) as r, a, sum(a) over (order by a) as running from t order by a

select a, lag(a) over (order by a), first_value(b) over (partition by d order by a) from t order by a

select string_agg(b, ',' order by b) from t

select array_agg(a order by a) from t

select bool_and(d), bool_or(d) from t

select * from (values (1, 'x'), (2, 'y')) v(n, s) order by n

select * from generate_series(1, 3) g

select generate_series(1, 2), 'k' as k

select 1 / 0

select 5 / 2, 5.0 / 2, 5 % 3, -5 / 2, -5 % 3

select 2147483647 + 1

select 9223372036854775807 + 1

select 1 + 1.5, 2 * 3.14, 10 - 2.50

select 'a' || 'b' || 1

select '5'::int + 1, 5::text || 'x', 1.6::int, '1e2'::float8

select 'x'::int

select true and null, true or null, not null::boolean

select 1 = 1.0, 'a' < 'b', null = null

select x from t

select t.x from t

select u.a from t

select a from t join t y on true

select foo(1)

select 1 + 'a'

select 'a' + 'b'

select a, b from t union select 1

select * from missing

select count(a b) from t

select length('héllo'), upper('abc'), lower('ABC'), initcap('hello world')

select substring('hello' from 2 for 3), left('hello', 2), right('hello', 2), position('l' in 'hello')

select trim('  x  '), ltrim('xxa', 'x'), rtrim('axx', 'x'), lpad('7', 3, '0'), rpad('7', 3, '*')

select replace('banana', 'an', 'AN'), reverse('abc'), repeat('ab', 3), split_part('a,b,c', ',', 2)

select md5('x'), abs(-5), round(2.5), round(2.567, 2), ceil(1.2), floor(-1.2), trunc(1.9), mod(7, 3)

select date '2024-02-29', timestamp '2024-01-01 10:00:00', timestamptz '2024-01-01 10:00:00+02'

select date '2024-03-01' - date '2024-02-01', date '2024-02-28' + 2

select extract(year from date '2024-02-29'), date_trunc('month', timestamp '2024-02-29 10:11:12')

select '{"a": {"b": [1, 2]}}'::jsonb -> 'a' -> 'b' ->> 1

select '{"b":1,"a":2}'::jsonb, '{"b":1,  "a":2}'::json

select '{"a":1}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb ? 'b'

select '\x4142'::bytea, encode('\x4142'::bytea, 'hex')

select 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid

select array[1, 2, 3], '{a,b}'::text[], 2 = any(array[1, 2]), array_length(array[1, 2], 1)

select 1.0 / 3, 1e400::float8

select 'NaN'::float8 > 'Infinity'::float8, 'NaN'::numeric = 'NaN'::numeric

select 0.1::float8 + 0.2::float8, 1e20::float8, 1e-7::float8, 100000000000000000::float8

select 1.10 = 1.1, 1.10, 10::numeric(10, 2)
