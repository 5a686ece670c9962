-- access
select '{"a": {"b": [1, null, "x"]}}'::jsonb -> 'a', '{"a": {"b": [1, null, "x"]}}'::jsonb -> 'a' -> 'b' -> 0, '[1,2,3]'::jsonb -> -1, '[1,2,3]'::jsonb -> 5, '{"a":1}'::jsonb -> 'z', '{"a":1}'::jsonb -> 0, '[1]'::jsonb -> 'a', '1'::jsonb -> 'a', '{"a":"x"}'::jsonb ->> 'a', '{"a":null}'::jsonb ->> 'a', '{"a":null}'::jsonb -> 'a', '{"a":[1,{"b":2}]}'::jsonb ->> 'a', '[1,"y"]'::jsonb ->> 1, '5'::jsonb -> 0;
select '{"a":[{"b":1},{"b":"z"}]}'::jsonb #> '{a,1,b}', '{"a":[{"b":1},{"b":"z"}]}'::jsonb #>> '{a,1,b}', '{"a":[{"b":1}]}'::jsonb #> '{a,-1,b}', '{"a":1}'::jsonb #> '{}', '{"a":1}'::jsonb #>> '{}', '"x"'::jsonb #>> '{}', '{"a":1}'::jsonb #> '{a,b}', '[1]'::jsonb #> '{x}', '{"a":1}'::jsonb #> array['a', null], '{"a":1}'::jsonb #> array['z'];
select jsonb_extract_path('{"a":{"b":2}}', 'a', 'b'), jsonb_extract_path_text('{"a":{"b":"c"}}', 'a', 'b'), jsonb_extract_path('{"a":{"b":2}}', 'a', 'z');
-- containment and existence
select '{"a":1,"b":2}'::jsonb @> '{"a":1.0}', '{"a":1}'::jsonb @> '{"a":2}', '[1,2,2]'::jsonb @> '[2,1]', '[1,2]'::jsonb @> '1', '[[1]]'::jsonb @> '[1]', '[[1]]'::jsonb @> '1', '{"a":[1,2]}'::jsonb @> '{"a":[1]}', '{"a":[1,2]}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb @> '{}', '[]'::jsonb @> '{}', '1'::jsonb @> '1', '1'::jsonb @> '[1]', '[1]'::jsonb <@ '[1,2]', '"x"'::jsonb <@ '["x"]', '[{"a":1,"b":2}]'::jsonb @> '[{"a":1}]', '{"a":null}'::jsonb @> '{"a":null}', '[1,[2,3]]'::jsonb @> '[[3]]', '{}'::jsonb @> '[]', '[]'::jsonb @> '[]';
select '{"a":1}'::jsonb ? 'a', '{"a":1}'::jsonb ? 'b', '["a","b"]'::jsonb ? 'b', '[1]'::jsonb ? '1', '"a"'::jsonb ? 'a', '{"a":1,"b":2}'::jsonb ?| array['b','z'], '{"a":1}'::jsonb ?| array['z'], '{"a":1,"b":2}'::jsonb ?& array['a','b'], '{"a":1}'::jsonb ?& array['a','z'], '{"a":1}'::jsonb ?& '{}', '{"a":1}'::jsonb ?| '{}', '{"a":1}'::jsonb ?| array['a', null];
-- change
select '{"a":1}'::jsonb || '{"b":2}', '{"a":1}'::jsonb || '{"a":{"x":1}}', '[1]'::jsonb || '[2,3]', '[1]'::jsonb || '2', '1'::jsonb || '2', '{"a":1}'::jsonb || '[1]', '[1]'::jsonb || '{"a":1}', '[]'::jsonb || '{}', '{}'::jsonb || '[]', '"a"'::jsonb || '[]', '{"a":1}'::jsonb || '{}', '[1]'::jsonb || 'null';
select '1'::jsonb || '{"a":1}';
select '{"a":1}'::jsonb || '1';
select '{"a":1,"b":2}'::jsonb - 'a', '["a","b","a"]'::jsonb - 'a', '[1,2,3]'::jsonb - 1, '[1,2,3]'::jsonb - -1, '[1,2,3]'::jsonb - 9, '{"a":1,"b":2,"c":3}'::jsonb - array['a','c'], '["a","b"]'::jsonb - '{a}'::text[], '{"a":{"b":1,"c":2}}'::jsonb #- '{a,b}', '[1,[2,3]]'::jsonb #- '{1,0}', '{"a":1}'::jsonb #- '{z}', '{"a":1}'::jsonb #- '{}', '[1,2]'::jsonb #- '{-1}', '{"a":1}'::jsonb - '{}'::text[];
select '1'::jsonb - 'a';
select '1'::jsonb - 0;
select '{"a":1}'::jsonb - 0;
select '1'::jsonb #- '{a}';
select '[1]'::jsonb #- '{x}';
select '"x"'::jsonb - '{a}'::text[];
select jsonb_set('{"a":1}', '{a}', '2'), jsonb_set('{"a":1}', '{b}', '2'), jsonb_set('{"a":1}', '{b}', '2', false), jsonb_set('{"a":{"b":1}}', '{a,b}', '[1]'), jsonb_set('[1,2,3]', '{1}', '"x"'), jsonb_set('[1,2,3]', '{9}', '"x"'), jsonb_set('[1,2,3]', '{-9}', '"x"'), jsonb_set('[1,2,3]', '{-1}', '"x"'), jsonb_set('{"a":1}', '{x,y}', '2'), jsonb_set('{"a":1}', '{}', '2'), jsonb_set('{}', '{a}', '1'), jsonb_set('[]', '{0}', '1'), jsonb_set('[1,2]', '{5}', '0', false), jsonb_set('{"a":[{"b":1}]}', '{a,0,b}', '{"c":1}'), jsonb_set('{"a":1}', '{a,b}', '2'), jsonb_set(null, '{a}', '1');
select jsonb_set('1', '{a}', '1');
select jsonb_set('[1]', '{x}', '1');
select jsonb_set('{"a":1}', array['a', null], '1');
select jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"x"'), jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"x"', true), jsonb_insert('{"a":1}', '{b}', '2'), jsonb_insert('[1,2]', '{-1}', '"x"'), jsonb_insert('[1,2]', '{9}', '"x"'), jsonb_insert('[1,2]', '{-9}', '"x"'), jsonb_insert('[]', '{0}', '1');
select jsonb_insert('{"a":1}', '{a}', '2');
select jsonb_strip_nulls('{"a":null,"b":[null,{"c":null}],"d":{"e":null}}'), jsonb_strip_nulls('null'), jsonb_strip_nulls('[null]'), json_strip_nulls('{"a" : null, "b" : [ 1, null ]}');
-- facts
select jsonb_typeof('{}'), jsonb_typeof('[]'), jsonb_typeof('1'), jsonb_typeof('"x"'), jsonb_typeof('true'), jsonb_typeof('null'), json_typeof('[1]'), jsonb_array_length('[1,[2,3]]'), json_array_length('[]');
select jsonb_array_length('{}');
select jsonb_array_length('1');
select json_array_length('{"a":1}');
select json_array_length('1');
select jsonb_pretty('{"a":[1,{"b":2}],"c":{},"d":[],"e":"x\"y"}'), jsonb_pretty('1'), jsonb_pretty('[]');
select ('{"a":true}'::jsonb -> 'a')::bool, ('{"a":1.5}'::jsonb -> 'a')::numeric, ('{"a":1.5}'::jsonb -> 'a')::int, ('[7]'::jsonb -> 0)::int8, ('2.5'::jsonb)::float8, ('3'::jsonb)::int2, '2.25'::jsonb::real;
select '"1"'::jsonb::int;
select 'null'::jsonb::bool;
select '[]'::jsonb::numeric;
select '1'::jsonb::text, '{"a": 1}'::jsonb::json, '{"b":1,"a":2}'::json::jsonb, '"x"'::jsonb::varchar, '{"a":1}'::text::jsonb;
-- rows
select * from jsonb_array_elements('[1,"a",{"b":2},null,[3]]');
select * from jsonb_array_elements_text('[1,"a",{"b":2},null,[3]]');
select * from jsonb_each('{"b":1,"a":{"c":null},"aa":"x"}');
select * from jsonb_each_text('{"b":1,"a":{"c":null},"aa":"x","n":null}') as t(k, v);
select jsonb_object_keys('{"b":1,"a":2,"aa":3}');
select value ->> 'n' from jsonb_array_elements('[{"n":1},{"n":2}]');
select x, n from jsonb_array_elements('["p","q"]') with ordinality as t(x, n);
select v.id, e from (values (1, '[1,2]'::jsonb), (2, '[]'), (3, '[3]')) v(id, j), jsonb_array_elements(v.j) e order by 1, 2;
select jsonb_array_elements('[1,2]'), jsonb_array_elements_text('["a","b"]');
select key, value from jsonb_each('{}');
select * from jsonb_array_elements('{}');
select * from jsonb_array_elements('1');
select * from jsonb_each('[]');
select * from jsonb_each('1');
select jsonb_object_keys('[1]');
select jsonb_object_keys('1');
-- construction
select jsonb_build_object('a', 1, 'b', 'x', 'c', null, 'd', true, 'e', 1.50, 'f', '{"z":1}'::jsonb, 'g', array[1,2], 'h', '2024-02-29'::date), jsonb_build_object(), jsonb_build_array(1, 'a', null, '[1]'::json, 2.0::float8), jsonb_build_array(), jsonb_build_object(1, 2, true, 3);
select jsonb_build_object('a');
select jsonb_build_object(null, 1);
select jsonb_build_object('a', 1, 'a', 2);
select to_jsonb(1), to_jsonb('x'::text), to_jsonb('a"b\c'::text), to_jsonb(true), to_jsonb(1.50), to_jsonb('NaN'::float8), to_jsonb(1e20::float8), to_jsonb(array['a', null, 'b']), to_jsonb('2024-02-29 12:34:56.789'::timestamp), to_jsonb('2024-02-29 12:34:56+00'::timestamptz), to_jsonb('1 day'::interval), to_jsonb('{"b":1, "a":1}'::json), to_jsonb(null::int), to_jsonb('\x0102'::bytea), to_jsonb('infinity'::date);
select to_jsonb('x');
select jsonb_object('{a,1,b,2}'), jsonb_object('{a,b}', '{1,null}'), json_object('{a,1,b,2}'), jsonb_object('{}');
select jsonb_object('{a}');
select jsonb_object('{a,b}', '{1}');
-- aggregates
select jsonb_agg(x), jsonb_agg(x order by x desc), jsonb_agg(x) filter (where x > 1), jsonb_object_agg(k, x) from (values (1, 'a'), (2, 'b'), (null, 'c')) v(x, k);
select jsonb_agg(x), jsonb_object_agg('a', x) from (values (1)) v(x) where false;
select jsonb_agg(distinct x) from (values (2), (1), (2)) v(x);
select jsonb_agg(jsonb_build_object('id', id) order by id) from (values (1), (2)) v(id);
select jsonb_object_agg(k, v) from (values ('a', 1), ('a', 2), ('b', 3)) t(k, v);
select jsonb_object_agg(k, 1) from (values (null::text)) t(k);
-- rows of tables
create table jt (id int primary key, name text, tags jsonb, at timestamptz);
insert into jt values (1, 'a', '["x"]', '2024-02-29 12:00+00'), (2, null, null, null);
select row_to_json(jt) from jt order by id;
select to_jsonb(t) from jt t order by id;
select json_agg(t order by id) from jt t;
select jsonb_agg(t order by id) from jt t;
select row_to_json(x) from (select id, name as "the name" from jt) x order by id;
select row_to_json(row(1, 'a', null)), to_json(row(1, array[1,2])), row_to_json(row(1, '{"a" : 1}'::json), true);
select coalesce(json_agg(x), '[]'::json) from (select id, name from jt where id > 5) x;
select v.id, json_agg(jt) from (values (1), (9)) v(id) left join jt on jt.id = v.id group by v.id order by v.id;
select tags -> 0 from jt where tags @> '["x"]';
update jt set tags = jsonb_set(coalesce(tags, '{}'), '{a}', to_jsonb(id)) where id = 2 returning tags;
select id from jt where tags ->> 'a' = '2';
create index on jt ((tags ->> 'a'));
select count(*) from jt where tags is not null and tags <> '{}';
select jsonb_path_query('{"a":1}', '$.a');
