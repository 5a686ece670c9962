select name, abbrev, utc_offset, is_dst from pg_timezone_names where name in ('UTC', 'Asia/Tokyo', 'Asia/Kolkata', 'America/Phoenix', 'Etc/GMT+5', 'Pacific/Kiritimati') order by name;
select count(*) > 500 from pg_timezone_names where name ~ '/';
select n.name from pg_timezone_names() n where n.name ilike 'utc';
select abbrev, utc_offset, is_dst from pg_timezone_abbrevs where abbrev in ('UTC', 'EST', 'EDT', 'IST', 'NST', 'Z', 'CHADT', 'MSK', 'ART') order by abbrev;
select count(*), min(abbrev), max(abbrev) from pg_timezone_abbrevs;
select pg_typeof(timeofday()), timeofday() ~ '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4} UTC$', timeofday()::timestamptz is not null;
select pg_typeof(pg_postmaster_start_time()), pg_typeof(pg_conf_load_time());
