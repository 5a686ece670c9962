-- output
select to_char(t, 'of OF FMOF'), to_char(t, 'FMHH FMHH24:FMMI:FMSS'), to_char(t, 'DDth DDTH MMth HHth'), to_char(t, 'Hh24 Mm'), to_char(t, 'YYYYth'), to_char(t, 'x"YYYY"y\"z'), to_char(t, 'FMDDD FMWW FMIW FMCC FMY,YYY'), to_char(t, 'FMMonthFMDay'), to_char(t, 'TMMonth TMDay'), to_char(t, 'FM'), to_char(t, 'J Jth'), to_char(t, '2024年MM月'), to_char(t, 'AMPM a.m.P.M.'), to_char(t, 'A.D. b.c. BC'), to_char(t, 'MS US FF4') from (values ('2024-01-03 04:05:06.007'::timestamp), ('1999-12-31 12:00:00'), ('0001-11-22 23:59:59.999999 BC'), ('12345-06-11 00:00')) v(t);
select to_char('2024-02-29'::timestamp, 'DDSP');
select to_char('1 year'::interval, 'Month');
select to_char('1 year'::interval, 'TZ');
select to_char(i, 'YYYY MM DD HH24 MI SS MS US'), to_char(i, 'FMYY FMDD HH AM'), to_char(i, 'CC Q SSSS') from (values ('1 year 2 mons 3 days 04:05:06.789'::interval), ('-1 day -02:03:04.5'), ('100:00:00'), ('-13 mons')) v(i);
-- input
select to_timestamp('2024-02-29 23:59:59.5', 'YYYY-MM-DD HH24:MI:SS.MS'), to_timestamp('20240229235959', 'YYYYMMDDHH24MISS'), to_timestamp('2024 60', 'YYYY DDD'), to_timestamp('2024-09-4', 'IYYY-IW-ID'), to_timestamp('2024-060', 'YYYY-DDD'), to_timestamp('29 February 2024', 'DD Month YYYY'), to_timestamp('29 feb 24', 'DD MON YY'), to_timestamp('12:30 am', 'HH:MI am'), to_timestamp('2024-02-29 10:00 +05:30', 'YYYY-MM-DD HH24:MI TZH:TZM'), to_timestamp('2024-02-29 10:00-08', 'YYYY-MM-DD HH24:MITZH'), to_timestamp('44-03-15 BC', 'YYYY-MM-DD BC'), to_timestamp('2460370', 'J'), to_timestamp('3661', 'SSSS'), to_timestamp('2024/02/29', 'YYYY-MM-DD'), to_timestamp('  2024   02', 'YYYY MM'), to_timestamp('1,999', 'Y,YYY'), to_timestamp('95', 'YY'), to_timestamp('5', 'Y'), to_timestamp('2024-02-29 trailing', 'YYYY-MM-DD'), to_timestamp('2024', 'YYYY-MM'), to_timestamp('.123456', '.US'), to_timestamp('.12', '.FF3'), to_timestamp('III 2024', 'RM YYYY'), to_timestamp('Thursday 29 02 2024', 'Day DD MM YYYY'), to_timestamp('21 24', 'CC YY'), to_timestamp('29th 02 2024', 'DDth MM YYYY');
select to_timestamp('2024-02-30', 'YYYY-MM-DD');
select to_timestamp('25:00', 'HH24:MI');
select to_timestamp('13:00', 'HH12:MI');
select to_timestamp('2024-1', 'YYYYMM');
select to_timestamp('2024a', 'YYYYMM');
select to_timestamp('Foo', 'Month');
select to_timestamp('2024 2023', 'YYYY YYYY');
select to_timestamp('2024-09-29', 'IYYY-IW-DD');
select to_timestamp('2024 UTC', 'YYYY TZ');
select to_timestamp('60', 'DDD');
select to_timestamp('99999999999', 'YYYY');
select to_date('2024-02-29', 'YYYY-MM-DD'), to_date('29.02.24', 'DD.MM.YY'), to_date('Feb 29, 2024', 'Mon DD, YYYY'), to_date('2024', 'YYYY'), to_date('20240229', 'YYYYMMDD'), to_date('', 'YYYY'), to_date('2024-2-9', 'YYYY-MM-DD'), to_date('FX 2024', '"FX" YYYY'), to_date('2024-366', 'YYYY-DDD');
select to_date('2023-366', 'YYYY-DDD');
select to_date('2024-02-29', 'FXYYYY-MM-DD'), to_date('2024 02 29', 'FXYYYY-MM-DD');
