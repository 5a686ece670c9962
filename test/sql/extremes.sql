-- GREATEST, LEAST and COALESCE, in checks too
create table e (a int check (greatest(a, 1) < 10), b int check (coalesce(b, 5) > 4), c numeric check (least(c, 3.0) > 1), check (nullif(a, b) is not null));
insert into e values (5, null, 2);
insert into e values (11, null, 2);
insert into e values (5, 4, 2);
insert into e values (5, 5, 2);
insert into e values (5, 6, 1);
select greatest(1, null, 3), least(null, 2, 1), greatest(null::int, null);
select greatest(1.0, 1.00, 0.5), least(1.00, 1.0), greatest(9.5, 10), greatest('NaN'::numeric, 1);
select greatest('a', 'B', 'c'), least('é', 'z'), greatest('a '::char(3), 'a');
select greatest(1, 2.5), greatest(1, 2.5::float8), pg_typeof(greatest(1::int2, 2::int8));
select greatest('nan'::float8, 1), least('nan'::float8, 1), greatest(true, false), least(true, false);
select greatest(date '2020-01-01', date '2021-01-01'), least('2020-01-01'::timestamp, date '2019-05-05');
select greatest('\x01'::bytea, '\x0100'), least('550e8400-e29b-41d4-a716-446655440000'::uuid, '00000000-e29b-41d4-a716-446655440000');
select greatest(1, 'x');
select greatest(1, true);
