// Entries for a machine, written by hand.
import { encodeCommand } from '../../../src/machine/command-codec.ts';
import { encodeRequest, splitRequest } from '../../../src/machine/request-codec.ts';
import type { Command, Request, Step } from '../../../src/machine/command.ts';
import type { Entry } from '../../../src/raft/entry.ts';
import type { SqliteValue } from '../../../src/types/sqlite-value.ts';

export function step(sql: string, values: readonly SqliteValue[] = []): Step {
  return { sql, values, hasRows: false, isResult: true, rowsAtFault: null };
}

export function query(sql: string, values: readonly SqliteValue[] = []): Step {
  return { ...step(sql, values), hasRows: true };
}

/** One statement a step, on a new database's schema. */
export function request(steps: readonly Step[], more: Partial<Request> = {}): Request {
  return {
    schemaVersion: 1,
    schemaChanges: 0,
    now: 0n,
    seed: 1,
    settings: [],
    statements: steps.map((only) => [only]),
    isDoomed: false,
    writes: [],
    recording: null,
    idempotencyKey: '',
    locks: null,
    ...more,
  };
}

export function commandEntry(index: number, command: Command): Entry {
  return { index, term: 1, kind: 'command', data: encodeCommand(command) };
}

export function executeEntry(
  index: number,
  place: {
    readonly sessionId: number;
    readonly firstSequence: number;
    readonly ackLow?: number;
  },
  requests: readonly Request[],
): Entry {
  return commandEntry(index, {
    kind: 'execute',
    ackLow: 1,
    ...place,
    requests: requests.map((one) => splitRequest(encodeRequest(one))),
  });
}

export function otherEntry(index: number, kind: Entry['kind'] = 'term-start'): Entry {
  return { index, term: 1, kind, data: new Uint8Array(0) };
}
