-- literals
select 't'::boolean, 'TRUE'::bool, 'tr'::bool, 'y'::bool, 'yes'::bool, 'on'::bool, '1'::bool, ' true '::bool;
select 'f'::boolean, 'FALSE'::bool, 'fal'::bool, 'n'::bool, 'no'::bool, 'off'::bool, 'of'::bool, '0'::bool;
select 'o'::bool;
select ''::bool;
select 'truex'::bool;
select '2'::bool;
select bool 'junk';
select null::bool, true, false;
-- casts
select 1::bool, 0::bool, (-5)::bool, true::int, false::int4;
select 1::int8::bool;
select 1::int2::bool;
select 1.0::bool;
select true::int8;
select true::text, false::varchar, true::char(3), true::varchar(2);
select 'yes'::text::bool, 'no'::varchar::bool;
select true::float8;
select cast('on' as boolean), cast(null as boolean);
-- comparison and order
select true > false, true = 't', false < true, true <> false, true >= true, false <= false, true is distinct from null;
select b from (values (true), (false), (null)) v(b) order by b;
select b from (values (true), (false), (null)) v(b) order by b desc;
select true = 1;
select true < 'x';
-- logic
select true and null, false and null, true or null, false or null, not null::bool, not true;
select true is true, null::bool is true, false is not true, null is unknown, true is not unknown, null::bool is false;
select 1 and true;
select not 1;
select 'x' and true;
select 't' and 'f', not 'f', 'true' or 'no';
select 1 is true;
-- aggregates and functions
select bool_and(b), bool_or(b), every(b), count(b) from (values (true), (false), (null)) v(b);
select bool_and(b), bool_or(b) from (values (true)) v(b) where not b;
select max(b) from (values (true)) v(b);
select case when null then 1 else 2 end, coalesce(null, true), nullif(true, true);
select case when 1 then 2 end;
select true || 'x', 'x' || false;
select concat(true, false), concat_ws(',', true, null, 1);
select count(*) from (values (1)) v(a) where 'yes';
select count(*) from (values (1)) v(a) where a;
select array[true, false, null], '{t,f,NULL,yes}'::bool[];
