// Random statements over a few small tables, for sessions whose transactions get in each other's
// way. Whatever order the rows of a table are in, answers are the same: all that gives rows orders them.
import type { Prng } from '../../src/util/prng.ts';

export const TABLES = ['account', 'child', 'note', 'made'] as const;

export const SCHEMA = [
  'drop table if exists child, account, note, made cascade',
  'create table account (id int primary key, grp int not null, n int not null check (n >= 0), label text unique)',
  `create table child (id int primary key, account int references account on delete cascade on update cascade, qty int)`,
  'create table note (id int primary key, child int references child on delete set null deferrable initially deferred)',
  `insert into account values (1, 1, 10, 'a'), (2, 1, 20, 'b'), (3, 2, 30, null), (4, 2, 40, 'd')`,
  'insert into child values (1, 1, 5), (2, 1, 6), (3, 2, 7)',
  'insert into note values (1, 1), (2, 3)',
];

/** All that there is, to compare states. */
export const STATE = [
  'select * from account order by id',
  'select * from child order by id',
  'select * from note order by id',
  'select * from made order by 1',
];

export type StatementKind = 'read' | 'write' | 'schema';

export interface Statement {
  readonly kind: StatementKind;
  readonly sql: string;
}

const READS: readonly ((prng: Prng) => string)[] = [
  (p) => `select n from account where id = ${id(p)}`,
  (p) => `select * from account where grp = ${grp(p)} order by id`,
  () => 'select count(*), sum(n), max(n) from account',
  () => 'select grp, count(*), sum(n) from account group by grp order by grp',
  (p) =>
    `select a.id, c.id from account a join child c on c.account = a.id where a.grp = ${grp(p)} order by 1, 2`,
  () =>
    'select id from account a where not exists (select 1 from child where account = a.id) order by id',
  (p) => `select id, n from account where n > ${n(p)} order by n desc, id limit 2`,
  (p) => `select count(*) from child where qty between ${n(p)} and ${n(p)}`,
  () => 'select id, child from note order by id',
  (p) =>
    `select (select sum(qty) from child where account = ${id(p)}), (select count(*) from note)`,
  (p) => `select 100 / (n - 20) from account where id = ${id(p)}`,
  (p) => `select label from account where label >= '${label(p)}' order by label`,
  () => 'select id, n, sum(n) over (order by id) from account order by id',
  () => 'select count(*) from made',
];

const WRITES: readonly ((prng: Prng) => string)[] = [
  (p) => `update account set n = n + ${n(p)} where id = ${id(p)}`,
  (p) => `update account set n = n - ${n(p)} where id = ${id(p)}`,
  (p) => `update account set n = n - ${n(p)} where id = ${id(p)} and n >= ${n(p)}`,
  (p) => `update account set n = n + 1 where grp = ${grp(p)}`,
  (p) => `update account set n = n + 1 where id = ${id(p)} returning id, n`,
  (p) =>
    `update account set n = (select coalesce(sum(qty), 0) from child where account = account.id) where id = ${id(p)}`,
  (p) => `update account set label = '${label(p)}' where id = ${id(p)}`,
  (p) => `update account set id = ${id(p)} where id = ${id(p)}`,
  (p) => `insert into account values (${id(p)}, ${grp(p)}, ${n(p)}, '${label(p)}')`,
  (p) =>
    `insert into account select max(id) + 1, ${grp(p)}, ${n(p)}, null from account returning id`,
  (p) =>
    `insert into account values (${id(p)}, 3, ${n(p)}, null) on conflict (id) do update set n = account.n + 1 returning id, grp, n`,
  (p) => `insert into account values (${id(p)}, 3, ${n(p)}, null) on conflict do nothing`,
  (p) => `delete from account where id = ${id(p)}`,
  (p) => `delete from account where n < ${n(p)}`,
  (p) => `insert into child values (${id(p)}, ${id(p)}, ${n(p)})`,
  (p) => `update child set account = ${id(p)} where id = ${id(p)} returning id, account`,
  (p) =>
    `update child set qty = qty + 1 where account in (select id from account where grp = ${grp(p)})`,
  (p) => `delete from child where id = ${id(p)} returning qty`,
  (p) => `insert into note values (${id(p)}, ${id(p)})`,
  () => 'delete from note where child is null',
  (p) =>
    `insert into note select id + 10, id from child where qty > ${n(p)} on conflict do nothing`,
  () => 'insert into made values (1)',
];

const SCHEMA_CHANGES: readonly ((prng: Prng) => string)[] = [
  () => 'create table made (id int)',
  () => 'drop table if exists made',
  () => 'alter table account add column more int default 7',
  () => 'alter table account drop column if exists more',
  () => 'alter table child alter column qty type bigint',
  () => 'create index on account (grp)',
  () => 'truncate made',
];

function id(prng: Prng): number {
  return prng.between(1, 6);
}

function grp(prng: Prng): number {
  return prng.between(1, 3);
}

function n(prng: Prng): number {
  return prng.pick([1, 2, 5, 10, 20, 30]);
}

function label(prng: Prng): string {
  return prng.pick(['a', 'b', 'c', 'd', 'e']);
}

export function drawStatement(prng: Prng, schemaShare: number): Statement {
  if (prng.chance(schemaShare)) return { kind: 'schema', sql: prng.pick(SCHEMA_CHANGES)(prng) };
  return prng.chance(0.45)
    ? { kind: 'read', sql: prng.pick(READS)(prng) }
    : { kind: 'write', sql: prng.pick(WRITES)(prng) };
}
