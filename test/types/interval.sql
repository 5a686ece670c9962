-- literals
select '1 day'::interval, '2 years 3 months 4 days 5 hours 6 minutes 7.8 seconds'::interval, '1 day 02:03:04'::interval, '-1 day'::interval, '1 day ago'::interval, '02:03'::interval, '02:03:04.567'::interval, '-02:03:04'::interval, '1-2'::interval, '3 4:05:06'::interval, 'P1Y2M3DT4H5M6S'::interval, 'P1W'::interval, 'PT36H'::interval, 'P0001-02-03T04:05:06'::interval, '1.5 days'::interval, '1.5 months'::interval, '1.5 years'::interval, '0.5 hours'::interval, '1 week'::interval, '2 decades'::interval, '1 century'::interval, '1 millennium'::interval, '@ 1 minute'::interval, '5'::interval, '0'::interval, '1 mon -1 day'::interval, '1 year -1 mon +3 days -04:05:06'::interval, '36 hours'::interval, '90 min'::interval, '1h 2m 3s'::interval, '100 ms'::interval, '5 us'::interval, '1.25 weeks'::interval, '1 quarter'::interval;
select '1 fortnight'::interval;
select 'x'::interval;
select ''::interval;
select '1 day 2 days'::interval;
select '1'::interval, '1:2:3'::interval, '100:00'::interval, '1 13:00'::interval, '-1-2 +3 -4:05:06'::interval, '1.5'::interval, '-0.1 sec'::interval, '  1   day  '::interval, '1day'::interval, 'P-1Y2D'::interval, 'PT-1.5S'::interval, '0.1 months'::interval, '1 Mon'::interval, '3 Days Ago'::interval;
select '1:60'::interval;
select '178000000 years'::interval, '-178000000 years'::interval;
select '179000000 years'::interval;
select '9999999999 days'::interval;
select '2562047788:00:54.775807'::interval;
select '2562047789 hours'::interval;
select 'infinity'::interval;
select interval '1' year, interval '2' month, interval '1-2' year to month, interval '3 4' day to hour, interval '3 4:05' day to minute, interval '1:02' hour to minute, interval '5' second, interval '1 day 2 hours 3 minutes' hour, interval '1.23456' second(2), interval(2) '1.23456 seconds', '1.23456'::interval(1), interval '10' day, interval '1 12:59:10' day to second(0), interval '1' hour, interval '90' minute;
select '1 day'::interval(7);
-- output
select '1 mon'::interval, '2 mons'::interval, '13 months'::interval, '-13 months'::interval, '1 day -1 hour'::interval, '25 hours'::interval, '-00:00:01.5'::interval, '0.000001 s'::interval, '1 year 1 second'::interval, '-1 year -2 months'::interval, '1 year -1 day'::interval, '100 years'::interval;
set intervalstyle = 'iso_8601';
select '1 year 2 months 3 days 4 hours 5 minutes 6.7 seconds'::interval, '-1 day'::interval, '0'::interval, '1 mon'::interval, '-00:00:00.5'::interval;
set intervalstyle = 'postgres_verbose';
select '1 year 2 months 3 days 4 hours 5 minutes 6.7 seconds'::interval, '-1 day'::interval, '0'::interval, '1 day -1 hour'::interval;
set intervalstyle = 'sql_standard';
select '1 year 2 months'::interval, '3 days 4 hours 5 minutes 6.7 seconds'::interval, '-1 day'::interval, '0'::interval, '1 year 1 day'::interval, '1 mon -1 day'::interval, '02:03'::interval;
reset intervalstyle;
-- casts
select '1 day'::interval::text, '1 day'::text::interval, '1 day 10:00'::interval::time, '10:00'::time::interval, '1 day'::interval::varchar(3);
select '1 day'::interval::int;
select 1::interval;
-- comparison and order
select '1 day'::interval = '24 hours', '1 month'::interval = '30 days', '1 year'::interval = '12 months', '1 year'::interval = '365 days', '1 day'::interval < '25 hours', '-1 day'::interval < '0', '1 mon'::interval > '29 days', '1 day'::interval in ('24:00'), '1 day'::interval is distinct from '24:00:00'::interval;
select i from (values ('1 day'::interval), ('23 hours'), ('1 month'), ('31 days'), (null), ('-1 second'), ('0'), ('1 year'), ('1.5 hours')) v(i) order by i;
select i, count(*) from (values ('1 day'::interval), ('24 hours'), ('1 month'), ('30 days')) v(i) group by i order by 1;
select distinct i from (values ('1 day'::interval), ('24:00')) v(i);
-- arithmetic
select '1 day'::interval + '02:00', '1 month'::interval - '1 day', '1 day'::interval * 2, 2 * '1 day'::interval, '1 day'::interval * 1.5, '1 month'::interval * 0.5, '1 day'::interval / 2, '1 month'::interval / 3, - '1 day 02:00'::interval, '1 hour'::interval * 0.1, '1 year'::interval / 5, '1 day'::interval * -1, '1 mon 1 day 01:01:01'::interval * 2.5, '7 days'::interval / 1.5, + '1 day'::interval;
select '1 day'::interval / 0;
select '178000000 years'::interval * 2;
select '178000000 years'::interval + '178000000 years'::interval;
select '1 day'::interval + 1;
select '1 day'::interval * 'x';
select '1 day'::interval * '2';
select now() - interval '1 day' < now(), '2024-01-31'::timestamp + '1 mon'::interval * 2, '2024-01-01'::date + '1 day'::interval * 3;
-- functions
select extract(year from i), extract(month from i), extract(day from i), extract(hour from i), extract(minute from i), extract(second from i), extract(milliseconds from i), extract(microseconds from i), extract(epoch from i), extract(quarter from i), extract(decade from i), extract(century from i), extract(millennium from i) from (values ('2 years 3 months 4 days 5 hours 6 minutes 7.8 seconds'::interval), ('-1 mon -25:00'), ('100 years 40 days')) v(i);
select extract(week from '1 week'::interval);
select extract(dow from '1 week'::interval);
select extract(foo from '1 week'::interval);
select date_part('epoch', '1 day 02:00'::interval), date_part('day', '40 days'::interval), date_trunc('hour', '1 day 02:34:56'::interval), date_trunc('month', '1 year 2 months 3 days'::interval), date_trunc('century', '123 years'::interval), date_trunc('quarter', '8 months'::interval), date_trunc('second', '1.999 seconds'::interval), date_trunc('milliseconds', '1.23456 seconds'::interval);
select date_trunc('week', '1 week'::interval);
select justify_days('35 days'::interval), justify_hours('27 hours'::interval), justify_interval('1 mon -1 hour'::interval), justify_interval('40 days 30 hours'::interval), justify_days('-35 days'::interval), justify_hours('1 day -1 hour'::interval);
select make_interval(years => 1, months => 2), make_interval(1, 2, 3, 4, 5, 6, 7.8), make_interval(days => 10), make_interval(secs => 1.5), make_interval();
select isfinite('1 day'::interval), abs(extract(day from '-1 day'::interval));
select to_char('1 day 02:03:04.567'::interval, 'HH24:MI:SS'), to_char('36:05:06'::interval, 'HH24:MI:SS.MS'), to_char('15h 2m 12s'::interval, 'HH12:MI AM'), to_char('2 years 3 mons 4 days'::interval, 'YYYY-MM-DD DDD');
select sum(i), avg(i), min(i), max(i), count(i), count(distinct i) from (values ('1 day'::interval), ('36 hours'), (null), ('24 hours')) v(i);
select sum(i), avg(i) from (values ('1 month'::interval), ('1 day')) v(i);
select array['1 day'::interval, null], '{1 day,"02:03:04"}'::interval[], greatest('1 day'::interval, '25 hours'), least('1 mon'::interval, '29 days'), coalesce(null, '1 day'::interval);
create table ti (i interval primary key, j interval day, k interval(0));
insert into ti values ('1 day', '1 day 10:00', '1.5 seconds');
insert into ti values ('24 hours', null, null);
insert into ti values ('1 month', null, null), ('2 years', '1 mon', '0.4 s');
select * from ti order by i;
select i from ti where i = '30 days';
select * from generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day') g;
