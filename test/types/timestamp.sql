-- literals
select '2024-02-29 12:34:56.789012'::timestamp, '2024-02-29'::timestamp, '2024-02-29T12:34:56'::timestamp, '2024-02-29 12:34'::timestamp, '2024-02-29 1:02:03'::timestamp, '20240229T123456'::timestamp, '2024-02-29 12:34:56 PM'::timestamp, '2024-02-29 12:34 AM'::timestamp, 'Jan 8 1999 04:05:06'::timestamp, '2024-02-29 12:34:56+05'::timestamp, '2024-02-29 24:00:00'::timestamp, '2024-02-29 12:34:56.7890125'::timestamp, '2024-02-29 12:34:60'::timestamp, 'infinity'::timestamp, '-infinity'::timestamp, 'epoch'::timestamp, '0044-03-15 10:00:00 BC'::timestamp, '2024-02-29 12:34:56 Z'::timestamp, '2024-02-29 04:05:06.789 Europe/Berlin'::timestamp, '2024-02-29 040506'::timestamp;
select '294276-12-31 23:59:59.999999'::timestamp, '4714-11-24 00:00:00 BC'::timestamp, '1999-12-31 23:59:59.9999999'::timestamp;
select '294277-01-01'::timestamp;
select '4714-11-23 BC'::timestamp;
select '2024-02-30 00:00'::timestamp;
select '2024-02-29 25:00'::timestamp;
select '2024-02-29 12:60'::timestamp;
select '2024-02-29 12:34:61'::timestamp;
select '2024-02-29 13:00 PM'::timestamp;
select '2024-02-29 x'::timestamp;
select ''::timestamp;
select 'now'::timestamp is not null, 'today'::timestamp is not null, 'tomorrow'::date - 'yesterday'::date;
select '2024-02-29 12:34:56.789'::timestamp(0), '2024-02-29 12:34:56.5'::timestamp(0), '2024-02-29 12:34:56.123456'::timestamp(3), timestamp(2) '2024-02-29 12:34:56.555', '2024-02-29 23:59:59.9'::timestamp(0);
select '2024-02-29'::timestamp(7);
select '2024-02-29'::timestamp(-1);
-- casts
select '2024-02-29 12:34:56'::timestamp::text, '2024-02-29 12:34:56.100'::timestamp::text, '2024-02-29 12:34:56'::timestamp::date, '2024-02-29 12:34:56'::timestamp::time, '2024-02-29 12:34:56'::timestamp::timestamptz, '2024-02-29 12:34:56'::text::timestamp, '2024-02-29 12:34:56'::timestamp::varchar(10);
select '2024-02-29'::timestamp::int;
select 0::timestamp;
-- comparison
select '2024-02-29 12:00'::timestamp < '2024-02-29 12:01', '2024-02-29'::timestamp = '2024-02-29'::date, '2024-02-29 00:00'::timestamp = '2024-02-29 00:00+00'::timestamptz, 'infinity'::timestamp = 'infinity'::timestamp, '2024-01-01'::timestamp between '2023-01-01' and '2024-01-01';
select t from (values ('2024-02-29 12:00'::timestamp), ('infinity'), (null), ('-infinity'), ('0044-03-15 BC'), ('2024-02-29 11:59:59.999999')) v(t) order by t desc;
-- arithmetic
select '2024-02-29 12:00'::timestamp - '2024-02-28 11:30'::timestamp, '2024-01-31 10:00'::timestamp + interval '1 month', '2024-03-31'::timestamp - interval '1 month 1 day', '2024-02-29'::timestamp + interval '1 year', '2024-02-29'::timestamp - '2024-02-29 00:00:00.000001'::timestamp, interval '1 day' + '2024-02-29'::timestamp, '2024-02-29'::timestamp + '1 day', '2024-02-29 12:00'::timestamp - interval '13 hours';
select 'infinity'::timestamp + interval '1 day', '-infinity'::timestamp - interval '1 year';
select 'infinity'::timestamp - '2024-01-01'::timestamp;
select '294276-12-31'::timestamp + interval '1 year';
select '2024-01-01'::timestamp + 1;
select '2024-01-01'::timestamp + '2024-01-01'::timestamp;
-- functions
select extract(year from t), extract(month from t), extract(day from t), extract(hour from t), extract(minute from t), extract(second from t), extract(milliseconds from t), extract(microseconds from t), extract(epoch from t), extract(dow from t), extract(doy from t), extract(week from t), extract(isoyear from t), extract(isodow from t), extract(quarter from t), extract(century from t), extract(millennium from t), extract(decade from t), extract(julian from t) from (values ('2024-02-29 12:34:56.789'::timestamp), ('1999-12-31 23:59:59.999999'), ('2021-01-01'), ('0044-03-15 10:00 BC')) v(t);
select extract(year from 'infinity'::timestamp), extract(hour from '-infinity'::timestamp), extract(epoch from 'infinity'::timestamp);
select date_part('second', '2024-02-29 12:34:56.789'::timestamp), date_part('epoch', '2024-02-29 12:34:56.789'::timestamp), date_part('hour', '2024-02-29 12:34'::timestamp);
select extract(timezone from '2024-02-29'::timestamp);
select extract(foo from '2024-02-29'::timestamp);
select date_trunc('microseconds', t), date_trunc('milliseconds', t), date_trunc('second', t), date_trunc('minute', t), date_trunc('hour', t), date_trunc('day', t), date_trunc('week', t), date_trunc('month', t), date_trunc('quarter', t), date_trunc('year', t), date_trunc('decade', t), date_trunc('century', t), date_trunc('millennium', t) from (values ('2024-08-29 12:34:56.789012'::timestamp), ('2001-01-01'), ('0044-03-15 10:00 BC'), ('infinity')) v(t);
select date_trunc('foo', '2024-02-29'::timestamp);
select date_trunc('timezone', '2024-02-29'::timestamp);
select date_bin('15 minutes', '2024-02-29 12:34:56'::timestamp, '2000-01-01'::timestamp), date_bin('1 day', '2024-02-29 12:34'::timestamp, '2024-01-01 06:00'::timestamp);
select age('2024-02-29 12:00'::timestamp, '2020-05-01 13:00'::timestamp), age('2020-05-01'::timestamp, '2024-02-29'::timestamp), age('2024-03-01'::timestamp, '2024-02-29'::timestamp), age('2024-02-29'::timestamp, '2024-02-29'::timestamp);
select make_timestamp(2024, 2, 29, 12, 34, 56.789), isfinite('infinity'::timestamp), isfinite('2024-01-01'::timestamp);
select make_timestamp(2024, 2, 30, 0, 0, 0);
select to_char(t, 'YYYY-MM-DD HH24:MI:SS'), to_char(t, 'YYYY-MM-DD"T"HH24:MI:SS.MS'), to_char(t, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(t, 'HH12:MI AM'), to_char(t, 'HH:MI:SS p.m.'), to_char(t, 'Day Mon DDth, YYYY'), to_char(t, 'FMMonth FMDD, YYYY'), to_char(t, 'DD/MM/YY'), to_char(t, 'SSSS SSSSS'), to_char(t, 'DDD IDDD'), to_char(t, 'month MONTH Month mon MON'), to_char(t, 'day DAY dy DY D ID'), to_char(t, 'WW IW W Q CC'), to_char(t, 'Y,YYY YYY YY Y IYYY IY'), to_char(t, 'J BC AD bc'), to_char(t, 'FF1 FF3 FF6'), to_char(t, 'RM rm'), to_char(t, 'TZ'), to_char(t, 'HH24 "o''clock"') from (values ('2024-02-29 14:05:06.789012'::timestamp), ('1999-12-01 00:00:00'), ('0044-03-15 12:00 BC')) v(t);
select to_char('infinity'::timestamp, 'YYYY'), to_char('2024-02-29'::timestamp, ''), to_char(null::timestamp, 'YYYY');
select to_timestamp('2024-02-29 12:34:56', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp('29/02/2024 01:05 PM', 'DD/MM/YYYY HH12:MI AM'), to_timestamp(1709210096.789), to_timestamp(0), to_timestamp('05 Dec 2000', 'DD Mon YYYY'), to_timestamp('2024-02-29T12:34:56.789', 'YYYY-MM-DD"T"HH24:MI:SS.MS'), to_timestamp('infinity'::float8);
select to_timestamp('x', 'YYYY');
select to_timestamp('2024-13-01', 'YYYY-MM-DD');
select '2024-02-29 12:00'::timestamp at time zone 'Europe/Berlin', timezone('UTC', '2024-02-29 12:00'::timestamp), '2024-02-29 12:00'::timestamp at time zone interval '2 hours', '2024-07-01 12:00'::timestamp at time zone 'America/New_York', '2024-02-29 12:00'::timestamp at time zone '+03';
select '2024-02-29'::timestamp at time zone 'Nowhere/Land';
select min(t), max(t), count(distinct t) from (values ('2024-02-29 12:00'::timestamp), ('2023-01-01'), (null)) v(t);
select * from generate_series('2024-02-28'::timestamp, '2024-03-01', '12 hours') g;
select * from generate_series('2024-01-31'::timestamp, '2024-05-31', interval '1 month') g;
select * from generate_series('2024-01-31'::timestamp, '2024-05-31', interval '0') g;
select array['2024-02-29 12:00'::timestamp], '{"2024-02-29 12:00:00",infinity}'::timestamp[], greatest('2024-02-29'::timestamp, '2023-01-01');
select ('2024-01-01'::timestamp, interval '10 days') overlaps ('2024-01-05'::timestamp, '2024-01-06'::timestamp), ('2024-01-01'::timestamp, '2024-01-02'::timestamp) overlaps ('2024-01-02'::timestamp, '2024-01-03'::timestamp);
select localtimestamp is not null, pg_typeof(localtimestamp), pg_typeof(localtimestamp(0));
