// What clients of the simulator that lock rows do: a queue of jobs, each to be done once, and a few
// slots whose value is read under a lock, of the row or of the table, and then set, or raised by who
// locks nothing. Others move the groups of slots, whose rows follow, and write notes that refer to
// slots. As the compiler writes it (sql/bind/locking.ts).
import type { RecordedStatement, Request, Step } from '../../src/machine/command.ts';
import { DIGEST_BYTES } from '../../src/machine/command.ts';
import type { LockOwner } from '../../src/machine/locks.ts';
import type { ForeignKey } from '../../src/machine/foreign-keys.ts';
import type { HeldRow, TableUse } from '../../src/machine/row-guard.ts';
import {
  ACCESS_SHARE,
  EXCLUSIVE,
  ROW_EXCLUSIVE,
  ROW_SHARE,
} from '../../src/sql/functions/lock-modes.ts';
import { tableResource, WRITE_ROW } from '../../src/sql/functions/row-locks.ts';
import type { ClaimPolicy } from '../../src/sql/functions/row-locks.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import type { Language } from './open-transaction.ts';

const JOB_OID = 104;
const SLOT_OID = 105;
const GROUP_OID = 106;
const NOTE_OID = 107;
export const SLOTS = [1, 2, 3];
/** By slot, for ever: what it is called changes. */
const GROUP_OF: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 2 };
export const GROUPS = [1, 2];
const UNTOLD = new Uint8Array(DIGEST_BYTES);

export const ROWS_SCHEMA = `
  CREATE TABLE job (ctid INTEGER PRIMARY KEY, times INTEGER NOT NULL) STRICT;
  CREATE TABLE grp (ctid INTEGER PRIMARY KEY, name INTEGER NOT NULL UNIQUE) STRICT;
  CREATE TABLE slot (ctid INTEGER PRIMARY KEY, n INTEGER NOT NULL,
    grp INTEGER NOT NULL REFERENCES grp (name) ON UPDATE CASCADE) STRICT;
  CREATE TABLE note (ctid INTEGER PRIMARY KEY, slot INTEGER NOT NULL REFERENCES slot (ctid)) STRICT;
  INSERT INTO grp VALUES ${GROUPS.map((group) => `(${group}, ${group})`).join(', ')};
  INSERT INTO slot VALUES ${SLOTS.map((slot) => `(${slot}, 0, ${GROUP_OF[slot]})`).join(', ')};`;

export const ROWS_KEYS: readonly ForeignKey[] = [
  {
    child: { table: SLOT_OID, name: 'slot', columns: ['grp'] },
    parent: { table: GROUP_OID, name: 'grp', columns: ['name'] },
    isFollowing: true,
    changeMode: EXCLUSIVE,
  },
  {
    child: { table: NOTE_OID, name: 'note', columns: ['slot'] },
    parent: { table: SLOT_OID, name: 'slot', columns: ['ctid'] },
    isFollowing: false,
    changeMode: EXCLUSIVE,
  },
];

export const ADD_JOB = 'INSERT INTO job VALUES (?, 0)';
export const FINISH_JOB = `UPDATE job SET times = ${written(JOB_OID, 'times + 1')} WHERE ctid = ?`;
export const SET_SLOT = `UPDATE slot SET n = ${written(SLOT_OID, '?')} WHERE ctid = ?`;
export const RAISE_SLOT = `UPDATE slot SET n = ${written(SLOT_OID, 'n + 1')} WHERE ctid = ?`;

export const MOVE_GROUP = 'UPDATE grp SET name = name + 10 WHERE ctid = ?';
export const ADD_NOTE = 'INSERT INTO note (slot) VALUES (?)';

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
  | { readonly kind: 'raise'; readonly slot: number }
  /** Of its slots the group changes. */
  | { readonly kind: 'move'; readonly group: number }
  | { readonly kind: 'note'; readonly slot: number }
  /** The table of the slots. */
  | { readonly kind: 'lock-table'; readonly mode: number }
  /** Gives all slots and values. */
  | { readonly kind: 'see' };

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
      isRead: statement.kind === 'see',
      reads: oidsOf(statement),
      changesSchema: false,
      settings,
      seed: 0,
      actions: [],
      digest: UNTOLD,
    }),
    isOfTables: () => false,
    writesOf: (statements) => [
      ...new Set(statements.filter(isWrite).flatMap((statement) => oidsOf(statement))),
    ],
    usesOf,
  };
}

export type RowWrite = Extract<
  RowStatement,
  { kind: 'finish' | 'set' | 'raise' | 'move' | 'note' }
>;

const WRITES = ['finish', 'set', 'raise', 'move', 'note'];

export function isWrite(statement: RowStatement): statement is RowWrite {
  return WRITES.includes(statement.kind);
}

/** Those that foreign keys change behind the one that is written. */
function oidsOf({ kind }: RowStatement): readonly number[] {
  if (kind === 'lock-table') return [];
  if (kind === 'move') return [GROUP_OID, SLOT_OID];
  if (kind === 'note') return [NOTE_OID];
  return kind === 'take' || kind === 'finish' ? [JOB_OID] : [SLOT_OID];
}

function usesOf(statement: RowStatement): readonly TableUse[] {
  const [table = 0] = oidsOf(statement);
  if (isWrite(statement)) return [{ table, mode: ROW_EXCLUSIVE }];
  const isLocking = statement.kind === 'take' || statement.kind === 'lock';
  return isLocking ? [{ table, mode: ROW_SHARE }] : [];
}

export const SLOT_TABLE = tableResource(SLOT_OID);

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
      return step(RAISE_SLOT, [BigInt(statement.slot)], false);
    case 'move':
      return step(MOVE_GROUP, [BigInt(statement.group)], false);
    case 'note':
      return step(ADD_NOTE, [BigInt(statement.slot)], false);
    case 'lock-table':
      return step(`SELECT pg_lock_table(${SLOT_OID}, 'slot', ${statement.mode}, 1)`, [], true);
    case 'see':
      return step('SELECT ctid, n FROM slot ORDER BY ctid', [], true);
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

/** A request of a statement by itself: what it runs, and the tables that it writes. */
export function alone(statement: RowWrite): Pick<Request, 'statements' | 'writes'> {
  return { statements: [[stepOf(statement)]], writes: oidsOf(statement) };
}

/** What a statement has written or needs to stay, and in which mode that would have been locked. */
export function writtenBy(sql: string, values: readonly SqliteValue[]): readonly HeldRow[] {
  const row = Number(values.at(-1));
  const inSlots = { resource: SLOT_TABLE, mode: ROW_EXCLUSIVE };
  const mode = EXCLUSIVE;
  if (sql === FINISH_JOB) return [{ resource: jobResource(row), mode }];
  if (sql === SET_SLOT || sql === RAISE_SLOT) {
    return [{ resource: slotResource(row), mode }, inSlots];
  }
  if (sql === ADD_NOTE) return [{ resource: slotResource(row), mode: ACCESS_SHARE }];
  if (sql !== MOVE_GROUP) return [];
  const slots = SLOTS.filter((slot) => GROUP_OF[slot] === row);
  return [...slots.map((slot) => ({ resource: slotResource(slot), mode })), inSlots];
}

export function addJobStep(job: number): Step {
  return step(ADD_JOB, [BigInt(job)], false);
}
