-- regular expressions
select 'abc' ~ 'b', 'abc' ~ '^b', 'abc' ~ '^a.c$', 'ABC' ~ 'b', 'ABC' ~* 'b', 'abc' !~ 'd', 'abc' !~* 'B';
select 'aaa' ~ '^a{2}$', 'aaa' ~ '^a{2,}$', 'aaa' ~ '^a{1,3}$', 'a{' ~ 'a{', 'a{,3}' ~ 'a{,3}';
select 'ab' ~ '^(a|b)*$', 'abab' ~ '^(?:ab)+$', '' ~ '^(a*)*$', 'b' ~ 'a|', 'x' ~ '()';
select 'a]' ~ '[]]', 'a-' ~ '[a-]$', 'x' ~ '[^]x]', 'b' ~ '[a-c]', 'a' ~ '[[.a.]]', 'a' ~ '[[=a=]]';
select 'a1_' ~ '^\w+$', 'a b' ~ '\s', '12' ~ '^\d+$', 'é' ~ '\w', '-' ~ '\W', 'x' ~ '[\d\s]', '5' ~ '[^\D]';
select 'abc' ~ '\mabc\M', 'abc' ~ '\yb', 'abc' ~ '\Bb', 'a b' ~ '[[:<:]]b[[:>:]]', 'ab' ~ '\Aab\Z';
select 'x1' ~ '[[:alpha:]][[:digit:]]', 'X' ~ '[[:lower:]]', 'X' ~* '[[:lower:]]', '.' ~ '[[:punct:]]';
select E'a\nb' ~ 'a.b', E'a\nb' ~ 'a$', E'a\nb' ~ '^b', 'a' ~ '\x61', 'a' ~ '\u0061', E'\t' ~ '\t';
select 'A' ~ '(?i)a', 'A' ~* '(?c)a', 'a.b' ~ '***=a.b', 'axb' ~ '***=a.b', 'a' ~ '***:a';
select '😀' ~ '^.$', '😀é' ~ '^[é-😀]{2}$', 'a' ~* 'Á';
select 'a' ~ '(';
select 'a' ~ ')';
select 'a' ~ '[a';
select 'a' ~ '[b-a]';
select 'a' ~ '[a-\d]';
select 'a' ~ '*a';
select 'a' ~ 'a**';
select 'a' ~ '^*';
select 'a' ~ 'a{1';
select 'a' ~ 'a{3,2}';
select 'a' ~ 'a{256}';
select 'a' ~ '\';
select 'a' ~ '\q';
select 'a' ~ '[[:foo:]]';
select 'a' ~ '(?z)a';
select 'a' ~ '((a{255}){255}){255}';
-- what takes other matchers exponential time
select repeat('a', 5000) || 'b' ~ '^(a+)+$', repeat('a', 5000) ~ '^(a|a)*c', repeat('ab', 2000) ~ '^((a|b)*)*$';
select repeat('a', 3000) like '%a%a%a%a%a%a%a%b', repeat('a', 3000) || 'b' like '%a%a%a%a%a%a%a%b';
-- like
select 'abc' like 'a%', 'abc' like '_b_', 'abc' like 'b', 'abc' like '%%c', '' like '%', '' like '_', 'a' like '';
select 'a%' like 'a\%', 'ab' like 'a\%', 'a_' like 'a\_', 'a\' like 'a\\', 'abc' not like 'a%';
select 'ABC' ilike 'a%', 'ABC' like 'a%', 'abc' not ilike '%C';
select '😀' like '_', '😀b' like '_b', 'xx😀' like '%_';
select 'ab' like 'a\';
select 'a' like 'a\', 'b' like 'a\';
-- aggregates over windows
select n, string_agg(n::text, ',') over (order by n), string_agg(n::text, '-') over (order by n rows between 1 preceding and 1 following) from generate_series(1, 4) n(n);
select string_agg(v, ',' order by v desc), string_agg(v, null) from (values ('a'), (null), ('b')) x(v);
select string_agg(v, ',') from (values ('a')) x(v) where false;
select string_agg(v, w order by v) from (values ('a', '1'), ('b', '2'), ('c', null)) x(v, w);
select string_agg(v, '\x00'::bytea order by v) from (values ('\x01'::bytea), ('\x02'::bytea)) x(v);
select replace('aXbX', 'X', 'yz'), replace('abc', '', 'x'), replace('aaa', 'a', ''), length('😀é'), 'a' || null;
