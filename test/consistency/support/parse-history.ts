// Histories as text, so that an anomaly planted by hand can be read: a line per transaction,
// `T1 0 9 ok: append 1 2, read 1 [1 2]` with the times of its begin and end.
import type { History, Operation, Status, Transaction } from '../history.ts';

export function parseHistory(text: string): History {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseTransaction);
}

function parseTransaction(line: string): Transaction {
  const match = /^T(\d+) (\d+) (\d+) (ok|fail|info): (.*)$/.exec(line);
  if (match === null) throw new Error(`not a transaction: ${line}`);
  const [, id, invoke, complete, status, operations] = match as unknown as string[];
  return {
    id: Number(id),
    process: Number(id),
    invoke: Number(invoke),
    complete: Number(complete),
    status: status as Status,
    operations: (operations as string).split(', ').map(parseOperation),
  };
}

function parseOperation(text: string): Operation {
  const append = /^append (\d+) (\d+)$/.exec(text);
  if (append !== null) return { kind: 'append', key: Number(append[1]), value: Number(append[2]) };
  const read = /^read (\d+) \[([\d ]*)\]$/.exec(text);
  if (read === null) throw new Error(`not an operation: ${text}`);
  const values = (read[2] as string).split(' ').filter((value) => value !== '');
  return { kind: 'read', key: Number(read[1]), list: values.map(Number) };
}
