-- VALUES of many rows, as one value and as text, what is in their cells, and which row is at fault
create table n (i int, b bigint, s smallint, d numeric(6,2), u numeric, f float8, r real);
insert into n values (1, 2, 3, 4, 5, 6, 7), (-1, -2, -3, -4.5, -5.5, -6.5, -7.5), (null, null, null, null, null, null, null), (0, 0, 0, 0.0, 0.000, 0.0, 0.0), ('9', '8', '7', '6.54', '5.4321', '4e3', '3e2'), (2147483647, 9223372036854775807, 32767, 9999.99, 12345678901234567890.123456789, 1e300, 1e30), (1, 2147483648, 1, 1.005, 1e-20, 1.5e-300, 0.1), (4, 4, 4, 4, 4, 4, 4);
insert into n (d, i) values (1, 1), (2.345, 2), (-0.1, 3), (null, 4), (5, 5), ('6.789', 6), (7.001, null), (8, 8);
select * from n order by i, b, s, d;
insert into n (s) values (1), (2), (3), (4), (5), (6), (40000), (8);
insert into n (i) values (1), (2), (3), (4), (5), (6), (3000000000), (8);
insert into n (d) values (1), (2), (3), (4), (5), (6), (10000), (8);
insert into n (f) values (1), (2), (3), (4), (5), (6), (1e400), (8);
insert into n (i) values (1), (2), (3), ('x'), (5), (6), (7), (8);
insert into n (i) values (1.4), (1.5), (2.5), (-1.5), (5), (6), (7), (8.9) returning i;
select count(*) from n;
create table t (k int primary key, v varchar(5) not null default 'dflt', at date, j jsonb, a int[], ok boolean default true, check (k <> 13));
insert into t (k, v) values (1, 'a'), (2, 'bb'), (3, 'ccc'), (4, 'x''y'), (5, ''), (6, 'ff   '), (7, 'g'), (8, 'h');
insert into t (k, v, at, j, a) values (11, 'a', '2024-02-29', '{"b": 1, "a": [1, 2]}', '{1,2}'), (12, 'b', null, 'null', null), (14, 'c', '1999-12-31', null, '{}'), (15, 'd', 'infinity', '"x"', '{NULL}'), (16, 'e', '2000-01-01', '1', '{3}'), (17, 'f', '2000-01-02', '2', '{4}'), (18, 'g', '2000-01-03', '3', '{5}'), (19, 'h', '2000-01-04', '4', '{6}');
insert into t (k) values (21), (22), (23), (24), (25), (26), (27), (28) returning k, v, ok;
create table q (k int, serial bigserial);
insert into q values (1), (2), (3), (4), (5), (6), (7), (8) returning serial;
insert into q (serial, k) values (default, 1), (default, 2), (default, 3), (default, 4), (default, 5), (default, 6), (default, 7), (default, 8) returning serial;
insert into t (k, ok) values (31, true), (32, false), (33, null), (34, 't'), (35, 'off'), (36, default), (37, 1 = 1), (38, not true);
select k, v, at, j, a, ok from t order by k;
-- rows that are refused
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, 'c'), (44, 'd'), (45, 'e'), (4, 'f'), (47, 'g'), (48, 'h');
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, 'c'), (44, 'd'), (45, 'e'), (42, 'f'), (47, 'g'), (48, 'h') returning k;
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, 'c'), (13, 'd'), (45, 'e'), (46, 'f'), (47, 'g'), (48, 'h');
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, null), (44, 'd'), (45, 'e'), (46, 'f'), (47, 'g'), (48, 'h');
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, 'c'), (44, 'd'), (45, 'e'), (46, 'f'), (47, 'too long'), (48, 'h');
insert into t (k, v) values (41, 'a'), (42, 'b'), (43, 'c'), (44, 'd'), (45, 'e'), (46, 'f'), (47, 'g'), (1/0, 'h');
insert into t (k, at) values (41, '2000-01-01'), (42, '2000-01-01'), (43, '2000-13-01'), (44, null), (45, null), (46, null), (47, null), (48, null);
select count(*) from t;
-- conflicts
insert into t (k, v) values (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (51, 'E'), (52, 'F'), (53, 'G'), (54, 'H') on conflict do nothing;
insert into t (k, v) values (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (61, 'E'), (62, 'F'), (63, 'G'), (64, 'H') on conflict (k) do update set v = excluded.v || '!' where t.k <> 2 returning k, v;
insert into t (k, v) values (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (61, 'E'), (62, 'F'), (63, 'G'), (64, 'H') on conflict (k) do update set v = 'much too long';
select k, v from t where k < 10 or k > 50 order by k;
-- rows that look at other things
insert into t (k, v) values ((select max(k) from t) + 1, 'a'), ((select max(k) from t) + 2, 'b'), (103, 'c'), (104, 'd'), (105, 'e'), (106, 'f'), (107, 'g'), (108, 'h') returning k;
insert into q (k) values (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')), (nextval('q_serial_seq')) returning k + serial;
-- foreign keys
create table c (id int primary key, t int references t, up int references c);
insert into c values (1, 1, null), (2, 2, 1), (3, 3, 5), (4, 4, 5), (5, 1, 4), (6, 2, null), (7, 3, 8), (8, 4, 7);
insert into c values (11, 1, null), (12, 2, 1), (13, 3, 5), (14, 999, 5), (15, 1, 4), (16, 2, null), (17, 3, 8), (18, 4, 7);
select * from c order by id;
-- as a prepared statement
create table p (k int primary key, v text);
prepare many (int, text) as insert into p values ($1, $2), ($1 + 1, $2), (3, $2), (4, 'x'), (5, 'x'), (6, 'x'), (7, 'x'), (8, null);
prepare same (int, text) as insert into p values ($1, $2), (12, $2), (13, $2), (14, 'x'), (15, 'x'), (16, 'x'), (17, 'x'), (18, null);
execute many (1, 'a');
execute same (11, 'b');
execute same (1, 'b');
select * from p order by k;
