// What clients of a database saw: transactions with the time each began and ended, and what came
// back. The checkers (list-append.ts, bank.ts) judge a history; they never talk to a database.

/**
 * - `ok`: the commit was acknowledged.
 * - `fail`: it certainly did not commit.
 * - `info`: unknown, e.g. the connection broke while the commit was on its way.
 */
export type Status = 'ok' | 'fail' | 'info';

/** What histories of every workload tell of a transaction. */
export interface Attempt {
  readonly id: number;
  readonly process: number;
  /** When the client began it. Any unit, one clock for all processes. */
  readonly invoke: number;
  /** When the client knew its outcome. Of an `info` it says nothing: it may take effect later. */
  readonly complete: number;
  readonly status: Status;
  /** Why it is not `ok`. */
  readonly error?: string;
}

export interface Append {
  readonly kind: 'append';
  readonly key: number;
  readonly value: number;
}

export interface Read {
  readonly kind: 'read';
  readonly key: number;
  /** The whole list. */
  readonly list: readonly number[];
}

export type Operation = Append | Read;

/** A transaction over lists; it holds the operations that were sent, and only reads that answered. */
export interface Transaction extends Attempt {
  readonly operations: readonly Operation[];
}

/** Values are unique per key: each is appended by one transaction at most. */
export type History = readonly Transaction[];

const SHOWN_VALUES = 8;
const SHOWN_OPERATIONS = 6;

/** `T3 (process 1, 12 to 15) ok: read 4 [1 2], append 4 3`; of a long one only these keys. */
export function showTransaction(transaction: Transaction, keys: ReadonlySet<number>): string {
  const { id, process, invoke, complete, status } = transaction;
  const isLong = transaction.operations.length > SHOWN_OPERATIONS;
  const operations = transaction.operations.filter(({ key }) => !isLong || keys.has(key));
  const until = status === 'info' ? '?' : showTime(complete);
  const what = [...operations.map(showOperation), ...(isLong ? ['...'] : [])].join(', ');
  return `T${id} (process ${process}, ${showTime(invoke)} to ${until}) ${status}: ${what}`;
}

export function showOperation(operation: Operation): string {
  return operation.kind === 'append'
    ? `append ${operation.key} ${operation.value}`
    : `read ${operation.key} ${showList(operation.list)}`;
}

/** A long list is shown by its end, where lists of one key differ. */
export function showList(list: readonly number[]): string {
  const dots = list.length > SHOWN_VALUES ? '... ' : '';
  return `[${dots}${list.slice(-SHOWN_VALUES).join(' ')}]`;
}

function showTime(time: number): string {
  return String(Math.round(time * 1000) / 1000);
}
