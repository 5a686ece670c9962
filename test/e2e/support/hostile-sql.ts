// Random statements of the kind that ask for too much, or for something odd: joins without a
// condition, recursions without an end, values that are too long, functions with arguments at the
// edge. Most are well formed; what they answer does not matter.
import type { Prng } from '../../../src/util/prng.ts';

export const HOSTILE_SCHEMA = `
  create table big (id int primary key, x int, s text);
  insert into big select n, n % 97, 'row ' || n from generate_series(1, 20000) n;
  create table pa (id int primary key);
  create table ch (id int primary key, p int references pa on delete cascade on update cascade, s text);
  insert into pa select n from generate_series(1, 2000) n;
  insert into ch select n, 1 + n % 2000, 'c' from generate_series(1, 20000) n`;

const INTEGERS = ['0', '1', '-1', '7', '100', '65536', '2147483647', '-2147483648', '1000000'];
const TEXTS = [
  `''`,
  `'a'`,
  `'%_%'`,
  `'(a*)*b'`,
  `'{1,2,3}'`,
  `'{"a":[1,2,{"b":null}]}'`,
  `'2024-02-30'`,
  `'infinity'`,
  `E'\\x01\\u00e9'`,
  `repeat('ab', 50000)`,
  `repeat('[', 20000)`,
  `repeat('{"a":', 5000)`,
  `repeat('%', 2000)`,
  `repeat('x', 16000000)`,
];
const PATTERNS = [
  `'(x+x+)+y'`,
  `'^(a|b|ab)*c'`,
  `'%a%b%c%d%'`,
  `repeat('a?', 200) || repeat('a', 200)`,
  `'(.*)(.*)(.*)(.*)\\1'`,
  `'(('`,
];
const FUNCTIONS = [
  'length',
  'upper',
  'reverse',
  'md5',
  'abs',
  'sqrt',
  'exp',
  'ln',
  'to_json',
  'array_length',
  'nosuchfunction',
];
const TYPES = [
  'int',
  'bigint',
  'numeric',
  'text',
  'json',
  'jsonb',
  'int[]',
  'date',
  'bytea',
  'uuid',
];

function integer(prng: Prng): string {
  return prng.pick(INTEGERS);
}

function text(prng: Prng): string {
  return prng.pick(TEXTS);
}

function expression(prng: Prng, columns: readonly string[], depth: number): string {
  const deeper = (): string => expression(prng, columns, depth - 1);
  const leaf = (): string => prng.pick([...columns, integer(prng), text(prng), 'null', '1.5']);
  if (depth <= 0) return leaf();
  return prng.pick([
    leaf,
    () => `${deeper()} + ${deeper()}`,
    () => `(${deeper()} * ${deeper()})`,
    () => `${deeper()}::text || ${deeper()}::text`,
    () => `${deeper()} / ${deeper()}`,
    () => `${prng.pick(FUNCTIONS)}(${deeper()})`,
    () => `(${deeper()})::${prng.pick(TYPES)}`,
    () => `coalesce(${deeper()}, ${deeper()})`,
    () => `case when ${deeper()} = ${deeper()} then ${deeper()} else ${deeper()} end`,
    () => `repeat(${text(prng)}, ${integer(prng)})`,
    () => `lpad(${text(prng)}, ${integer(prng)})`,
    () => `(${text(prng)}) like ${prng.pick(PATTERNS)}`,
    () => `(${text(prng)}) ~ ${prng.pick(PATTERNS)}`,
    () => `regexp_replace(${text(prng)}, ${prng.pick(PATTERNS)}, 'y', 'g')`,
    () => `replace(${text(prng)}, 'a', ${text(prng)})`,
    () => `power(${integer(prng)}, ${integer(prng)})`,
    () => `(${integer(prng)}::numeric) ^ ${integer(prng)}`,
    () => `array[${deeper()}, ${deeper()}]`,
    () => `(select count(*) from big where x = ${integer(prng)})`,
    () => `(select string_agg(s, ${text(prng)}) from big)`,
    () => `${deeper()} in (${deeper()}, ${deeper()})`,
  ])();
}

const COLUMNS = ['a.x', 'a.id', 'a.s'];

function select(prng: Prng): string {
  const e = (depth = 2): string => expression(prng, COLUMNS, depth);
  const other = prng.pick(['big b', 'ch b', `generate_series(1, ${integer(prng)}) b(x)`]);
  return prng.pick([
    () => `select ${e(3)}`.replaceAll('a.', ''),
    () => `select ${e()} from big a where ${e()} = ${e()} limit 5`,
    () => `select ${e()}, count(*) from big a group by 1 order by 2 limit 3`,
    () => `select count(*) from big a, ${other} where a.x + b.x = -1`,
    () => `select count(*) from big a left join ${other} on a.x = b.x and ${e()} is null`,
    () => `select count(*) from big a, big b, big c where a.x <> b.x and b.x <> c.x`,
    () =>
      `select sum(a.x) over (order by a.id rows between ${integer(prng)} preceding and current row) from big a`,
    () => `select array_agg(a.s) from big a, generate_series(1, ${integer(prng)})`,
    () => `select string_agg(${text(prng)}, '') from generate_series(1, ${integer(prng)})`,
    () => `with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r`,
    () =>
      `with recursive r(s) as (select 'x' union all select s || s from r) select max(length(s)) from r`,
    () => `select * from big a order by ${e()}, ${e(1)} desc limit 1`,
    () => `select distinct ${e()} from big a limit 2`,
    () => `select ${'('.repeat(prng.between(1, 3000))}1`,
    () => `select ${Array.from({ length: prng.between(1, 3000) }, () => '1').join('+')}`,
    () =>
      `select ${Array.from({ length: prng.between(1, 1700) }, (_, at) => `${at} as c${at}`).join(', ')}`,
    () =>
      `select 1 where 1 in (${Array.from({ length: prng.between(1, 20000) }, (_, at) => at).join(', ')})`,
    () => `select (${text(prng)} || ${text(prng)})::jsonb`,
    () => `select count(*) from big a where exists (select 1 from big b where b.x = a.x + 1000)`,
  ])();
}

function write(prng: Prng, number: number): string {
  const n = integer(prng);
  const table = `w${prng.between(0, 5)}`;
  return prng.pick([
    () => `create table if not exists ${table} (id bigint, v text, unique (id))`,
    () => `drop table if exists ${table} cascade`,
    () =>
      `insert into ${table} select n, ${text(prng)} from generate_series(1, 20) n on conflict do nothing`,
    () => `insert into ${table} select ${number} * 100 + n, s from big, generate_series(1, ${n}) n`,
    () => `update big set x = x + 1 where ${expression(prng, ['x', 'id'], 2)} = ${n}`,
    () => `update big set s = repeat('y', ${n}) where id < 20`,
    () => `update big a set x = 1 from big b where a.x + b.x = -1`,
    () => `delete from pa where id % 1000 = ${prng.between(0, 999)}`,
    () => `update pa set id = id + 100000`,
    () => `delete from big where id in (select b.id from big b, big c where b.x + c.x = -1)`,
    () => `insert into big select id + ${n}, x, s from big`,
    () => `alter table ${table} add column c${number} text default repeat('z', ${n})`,
    () => `alter table ${table} alter v type int using length(v)`,
    () => `create index on ${table} ((v || v))`,
    () =>
      `begin; insert into ${table} values (${n}, ${text(prng)}); savepoint s; select 1/0; commit`,
    () =>
      `insert into big values (1, 1, ${text(prng)}) on conflict (id) do update set s = excluded.s || big.s`,
    () => `notify c, ${text(prng)}`,
    () => `select setval('nosuch', ${n})`,
  ])();
}

export function hostileStatement(prng: Prng, number: number): string {
  return prng.chance(0.65) ? select(prng) : write(prng, number);
}
