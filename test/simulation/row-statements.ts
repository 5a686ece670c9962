// What clients of the simulator that lock rows do: a queue of jobs, each to be done once, and a few
// slots whose value is read under a lock and then set, or raised by who locks nothing. As the compiler writes it (sql/bind/locking.ts).
import type { RecordedStatement, Step } from '../../src/machine/command.ts';
import { DIGEST_BYTES } from '../../src/machine/command.ts';
import type { LockOwner } from '../../src/machine/locks.ts';
import { EXCLUSIVE } from '../../src/sql/functions/lock-modes.ts';
import { WRITE_ROW } from '../../src/sql/functions/row-locks.ts';
import type { ClaimPolicy } from '../../src/sql/functions/row-locks.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import type { Language } from './open-transaction.ts';

const JOB_OID = 104;
const SLOT_OID = 105;
export const SLOTS = [1, 2, 3];
const UNTOLD = new Uint8Array(DIGEST_BYTES);

export const ROWS_SCHEMA = `
  CREATE TABLE job (ctid INTEGER PRIMARY KEY, times INTEGER NOT NULL) STRICT;
  CREATE TABLE slot (ctid INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
  INSERT INTO slot VALUES ${SLOTS.map((slot) => `(${slot}, 0)`).join(', ')};`;

export const ADD_JOB = 'INSERT INTO job VALUES (?, 0)';
export const FINISH_JOB = `UPDATE job SET times = ${written(JOB_OID, 'times + 1')} WHERE ctid = ?`;
export const SET_SLOT = `UPDATE slot SET n = ${written(SLOT_OID, '?')} WHERE ctid = ?`;
export const RAISE_SLOT = `UPDATE slot SET n = ${written(SLOT_OID, 'n + 1')} WHERE ctid = ?`;

function written(oid: number, value: string): string {
  return `CASE WHEN ${WRITE_ROW}(${oid}, ctid, ${EXCLUSIVE}) THEN ${value} END`;
}

export type RowStatement =
  /** The first jobs that are to be done. */
  | {
      readonly kind: 'take';
      readonly limit: number;
      readonly mode: number;
      readonly policy: Policy;
    }
  | { readonly kind: 'finish'; readonly job: number }
  /** Gives slots and values, in that order. */
  | {
      readonly kind: 'lock';
      readonly slots: readonly number[];
      readonly mode: number;
      readonly policy: Policy;
    }
  | { readonly kind: 'set'; readonly slot: number; readonly n: number }
  /** Tells no value. */
  | { readonly kind: 'raise'; readonly slot: number };

type Policy = ClaimPolicy;

export function jobResource(job: number): string {
  return `r ${JOB_OID} ${job}`;
}

export function slotResource(slot: number): string {
  return `r ${SLOT_OID} ${slot}`;
}

/** Statements of the client `owner`. */
export function rowLanguage({ sessionId, owner }: LockOwner): Language<RowStatement> {
  const settings = [
    ['@gateway_session', String(sessionId)],
    ['@pid', String(owner)],
  ] as const;
  return {
    stepOf,
    recordedOf: (statement): RecordedStatement => ({
      isRead: false,
      reads: [oidOf(statement)],
      changesSchema: false,
      settings,
      seed: 0,
      actions: [],
      digest: UNTOLD,
    }),
    isOfTables: () => false,
    writesOf: (statements) => [
      ...new Set(statements.filter(isWrite).map((statement) => oidOf(statement))),
    ],
  };
}

export type RowWrite = Extract<RowStatement, { kind: 'finish' | 'set' | 'raise' }>;

export function isWrite(statement: RowStatement): statement is RowWrite {
  const { kind } = statement;
  return kind === 'finish' || kind === 'set' || kind === 'raise';
}

function oidOf({ kind }: RowStatement): number {
  return kind === 'take' || kind === 'finish' ? JOB_OID : SLOT_OID;
}

function stepOf(statement: RowStatement): Step {
  switch (statement.kind) {
    case 'take':
      return locking('job', 'times = 0', `ctid LIMIT ${statement.limit}`, statement);
    case 'lock': {
      const [first = 0, last = 0] = [statement.slots[0], statement.slots.at(-1)];
      const order = first > last ? 'ctid DESC' : 'ctid';
      return locking('slot', `ctid IN (${statement.slots.join(', ')})`, order, statement);
    }
    case 'finish':
      return step(FINISH_JOB, [BigInt(statement.job)], false);
    case 'set':
      return step(SET_SLOT, [BigInt(statement.n), BigInt(statement.slot)], false);
    case 'raise':
      return raiseStep(statement.slot);
  }
}

function locking(
  table: 'job' | 'slot',
  where: string,
  order: string,
  { mode, policy }: Extract<RowStatement, { kind: 'take' | 'lock' }>,
): Step {
  const oid = table === 'job' ? JOB_OID : SLOT_OID;
  const value = table === 'job' ? 'times' : 'n';
  const row = `${oid}, ctid, ${mode}, '${policy}', '${table}'`;
  const free = policy === 'skip' ? ` AND pg_row_is_free(${row})` : '';
  const rows = `SELECT ctid, ${value} AS v FROM ${table} WHERE ${where}${free} ORDER BY ${order}`;
  const text = `WITH q AS MATERIALIZED (${rows}) SELECT ctid, v FROM q WHERE pg_claim_row(${row})`;
  return step(text, [], true);
}

function step(sql: string, values: readonly SqliteValue[], hasRows: boolean): Step {
  return { sql, values, hasRows, isResult: true, rowsAtFault: null };
}

export function raiseStep(slot: number): Step {
  return step(RAISE_SLOT, [BigInt(slot)], false);
}

/** The row that a statement has written; null: none that can be locked. */
export function writtenBy(sql: string, values: readonly SqliteValue[]): string | null {
  const row = Number(values.at(-1));
  if (sql === FINISH_JOB) return jobResource(row);
  return sql === SET_SLOT || sql === RAISE_SLOT ? slotResource(row) : null;
}

export function addJobStep(job: number): Step {
  return step(ADD_JOB, [BigInt(job)], false);
}
