-- Set-returning functions in select lists, over columns too; vectors of the catalog; tableoid.
CREATE TABLE bag (id int PRIMARY KEY, items int[], label text UNIQUE);
INSERT INTO bag VALUES (1, '{7,8,9}', 'a'), (2, '{5}', 'b'), (3, NULL, 'c'), (4, '{}', 'd');
CREATE INDEX bag_pair ON bag (label DESC, (id + 1));
SELECT id, unnest(items), generate_subscripts(items, 1) FROM bag ORDER BY 1, 3;
SELECT id, unnest(items) AS item, unnest(ARRAY['x', 'y']) AS letter FROM bag WHERE id < 3 ORDER BY 1, 2, 3;
SELECT unnest(ARRAY[1, 2]), generate_series(1, 3);
SELECT id, unnest(items) + generate_subscripts(items, 1) AS sum FROM bag ORDER BY 1, 2;
SELECT (json_each('{"k": 1}')).key;
SELECT id, (jsonb_each('{"k": 1, "l": 2}')).key, (jsonb_each('{"k": 1, "l": 2}')).value FROM bag WHERE id = 1;
SELECT i.indexrelid::regclass AS index, unnest(i.indkey) AS col, generate_subscripts(i.indkey, 1) AS at
  FROM pg_index i WHERE i.indrelid = 'bag'::regclass ORDER BY 1::text, 3;
SELECT ic.relname, k.n, k.attnum, a.attname
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
  CROSS JOIN LATERAL (SELECT unnest(i.indkey), generate_subscripts(i.indkey, 1) + 1) AS k(attnum, n)
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = 'bag'::regclass ORDER BY 1, 2;
SELECT i.indexrelid::regclass::text AS index, k.*
  FROM pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY AS k(col, option, n)
  WHERE i.indrelid = 'bag'::regclass ORDER BY 1, n;
SELECT i.indexrelid::regclass::text AS index, (information_schema._pg_expandarray(i.indkey)).n,
    (information_schema._pg_expandarray(i.indkey)).x
  FROM pg_index i WHERE i.indrelid = 'bag'::regclass ORDER BY 1, 2;
SELECT * FROM information_schema._pg_expandarray(ARRAY['a', 'b']);
SELECT array_lower(indkey, 1), array_upper(indkey, 1), array_length(indkey, 1), array_upper(indkey, 2)
  FROM pg_index WHERE indexrelid = 'bag_pair'::regclass;
SELECT generate_subscripts('1 2 3'::int2vector, 1, true);
SELECT json_each('{"k": 1}');
SELECT tableoid::regclass, id FROM bag ORDER BY id LIMIT 1;
SELECT b.tableoid = 'bag'::regclass AS same FROM bag b WHERE tableoid = 'bag'::regclass LIMIT 1;
SELECT c.tableoid::regclass, c.relname FROM pg_class c WHERE c.relname = 'bag';
SELECT a.id, b.tableoid::regclass FROM bag a LEFT JOIN bag b ON b.id = a.id + 2 ORDER BY 1;
SELECT tableoid FROM bag, bag b;
SELECT s.tableoid FROM (SELECT 1) s;
SELECT xmax FROM bag WHERE id = 1;
SELECT a.attname, a.attnum = ANY (i.indkey) AS is_key FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid
  WHERE i.indrelid = 'bag'::regclass AND i.indisprimary AND a.attnum > 0 ORDER BY a.attnum;
SELECT o.opcname FROM pg_index i JOIN pg_opclass o ON o.oid = ANY (i.indclass) WHERE i.indexrelid = 'bag_pkey'::regclass;
SELECT 1 = ANY ('1 2'::int2vector), 3::int8 = ANY ('1 2'::int2vector), 2 <> ALL ('1 2'::int2vector), 25 = ANY ('25 26'::oidvector);
INSERT INTO bag (id) VALUES (5) RETURNING tableoid::regclass, id;
UPDATE bag SET label = 'e' WHERE id = 5 AND bag.tableoid = 'bag'::regclass RETURNING bag.tableoid = 'bag'::regclass AS same;
INSERT INTO bag (id) VALUES (6) RETURNING xmax = 0 AS inserted;
