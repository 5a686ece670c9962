// What SELECT ... FOR UPDATE and its relatives call for the rows that they lock, see bind/locking.ts.
// No statement can name these functions.
import { BOOL, INT4, INT8, OID, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { ACCESS_EXCLUSIVE, ACCESS_SHARE, EXCLUSIVE, ROW_SHARE } from './lock-modes.ts';
import type { LockMode } from './lock-modes.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { FunctionSignature } from './signature.ts';

/** Weakest first. */
export const LOCK_STRENGTHS = [
  'FOR KEY SHARE',
  'FOR SHARE',
  'FOR NO KEY UPDATE',
  'FOR UPDATE',
] as const;
export type LockStrength = (typeof LOCK_STRENGTHS)[number];

/** The one that decides last, where several clauses name a table. */
export const CLAIM_POLICIES = ['wait', 'skip', 'nowait'] as const;
export type ClaimPolicy = (typeof CLAIM_POLICIES)[number];

/** As in Postgres (PG: heapam.c, tupleLockExtraInfo). */
const MODES: Readonly<Record<LockStrength, LockMode>> = {
  'FOR KEY SHARE': ACCESS_SHARE,
  'FOR SHARE': ROW_SHARE,
  'FOR NO KEY UPDATE': EXCLUSIVE,
  'FOR UPDATE': ACCESS_EXCLUSIVE,
};

export function rowLockMode(strength: LockStrength): LockMode {
  return MODES[strength];
}

/** A row that a statement locks, or would. */
export interface RowClaim {
  /** `r <table> <ctid>`, see Lock.resource. */
  readonly resource: string;
  readonly mode: LockMode;
  readonly policy: ClaimPolicy;
  /** Of the table, for messages. */
  readonly name: string;
}

/**
 * Called for each row that an UPDATE or DELETE, or ON CONFLICT DO UPDATE, is about to write, see
 * emit/written-rows.ts: with the table, the key and the mode that it would be locked in. Gives 1.
 */
export const WRITE_ROW = 'balsa_write_row';
/** 1 if rows of the table are locked by anybody, else 0: then WRITE_ROW need not be called. */
export const ROWS_LOCKED = 'balsa_rows_locked';
/** Instead of a key: all rows of the table. */
export const ALL_ROWS = 0;

/** `r <table> <ctid>`, see Lock.resource. */
export function rowResource(table: Oid, key: SqliteValue | number): string {
  return `${rowResourcesOf(table)}${String(key)}`;
}

/** How those of the table begin. */
export function rowResourcesOf(table: Oid): string {
  return `r ${table} `;
}

/** What rowResource() was given. */
export function rowOfResource(resource: string): { readonly table: Oid; readonly key: number } {
  const [, table, key] = resource.split(' ').map(Number);
  return { table: table ?? 0, key: key ?? 0 };
}

/** Of a table as a whole, see Lock.resource. */
export function tableResource(table: Oid): string {
  return `t ${table}`;
}

export function isOfTable(resource: string): boolean {
  return resource.startsWith('t ');
}

/** null: it is not of a row. */
export function tableOfRow(resource: string): Oid | null {
  const [kind, table] = resource.split(' ', 2);
  return kind === 'r' ? Number(table) : null;
}

function claimOf([table, row, mode, policy, name]: readonly SqliteValue[]): RowClaim {
  return {
    resource: rowResource(Number(table), row ?? null),
    mode: Number(mode),
    policy: CLAIM_POLICIES.find((one) => one === policy) ?? 'wait',
    name: String(name),
  };
}

const ARGUMENTS = [OID, INT8, INT4, TEXT, TEXT];
/** Whose locks are no hindrance. */
const OPTIONS = { volatility: 'volatile', settings: ['@pid', '@gateway_session'] } as const;

/** True if the row is to be in the result; the statement gets it only with the lock. */
export const CLAIM_ROW: FunctionSignature = fn(
  '',
  ARGUMENTS,
  BOOL,
  js('pg_claim_row', (row, context) => (context.claimRow(claimOf(row)) ? 1n : 0n)),
  OPTIONS,
);

/** For SKIP LOCKED: false if another transaction has the row. */
export const ROW_IS_FREE: FunctionSignature = fn(
  '',
  ARGUMENTS,
  BOOL,
  js('pg_row_is_free', (row, context) => (context.isRowFree(claimOf(row)) ? 1n : 0n)),
  OPTIONS,
);

/** LIMIT and OFFSET together: rows that OFFSET leaves out are locked as well, as in Postgres. */
export const CLAIM_LIMIT: FunctionSignature = fn(
  '',
  [INT8, INT8],
  INT8,
  js('pg_claim_limit', ([limit = null, offset]) =>
    limit === null ? null : (limit as bigint) + ((offset ?? 0n) as bigint),
  ),
  { isStrict: false },
);

export const ROW_LOCK_FUNCTIONS: readonly FunctionSignature[] = [
  CLAIM_ROW,
  ROW_IS_FREE,
  CLAIM_LIMIT,
];
