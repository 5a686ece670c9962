// A machine with a log of its own: entries get the next index and are applied at once.
import { decodeOutcome, unpackOutcomes } from '../../../src/machine/outcome-codec.ts';
import type { Command, Outcome, Request } from '../../../src/machine/command.ts';
import type { Database } from '../../../src/machine/database.ts';
import type { ApplyResult, Machine } from '../../../src/machine/machine.ts';
import type { MachineMutations } from '../../../src/machine/mutations.ts';
import { openMachine } from '../../../src/machine/open-machine.ts';
import type { Entry } from '../../../src/raft/entry.ts';
import { must } from '../../../src/util/assert.ts';
import { commandEntry, executeEntry } from './entries.ts';

export class MachineWorld {
  readonly machine: Machine;
  readonly database: Database;
  readonly log: Entry[] = [];
  /** Of the entry that was applied last. */
  lastResult: ApplyResult | null = null;

  constructor(mutations: MachineMutations = {}, source: string | Buffer = ':memory:') {
    const { machine, database } = openMachine(source, 'postgres', { mutations });
    this.machine = machine;
    this.database = database;
  }

  get nextIndex(): number {
    return this.machine.appliedIndex + 1;
  }

  apply(entry: Entry): ApplyResult {
    this.log.push(entry);
    this.lastResult = this.machine.apply([entry]);
    return this.lastResult;
  }

  command(command: Command): ApplyResult {
    return this.apply(commandEntry(this.nextIndex, command));
  }

  /** Opens a session; its id. */
  register(nodeId = 1, incarnation = 1): number {
    const { outcomes } = this.command({ kind: 'register', nodeId, incarnation });
    return must(outcomes[0], 'a registration is answered').sessionId;
  }

  /** Kinds of the outcomes, in order; null: no answer. */
  execute(
    sessionId: number,
    firstSequence: number,
    requests: readonly Request[],
    ackLow = 1,
  ): readonly Outcome[] | null {
    const place = { sessionId, firstSequence, ackLow };
    return outcomesOf(this.apply(executeEntry(this.nextIndex, place, requests)));
  }

  /** Closes a session; `lastIndex`: unless it has a newer entry. */
  close(sessionId: number, lastIndex = this.machine.appliedIndex): ApplyResult {
    return this.command({ kind: 'close', sessionId, lastIndex });
  }

  fence(sessionId: number, sequence: number): readonly Outcome[] | null {
    return outcomesOf(this.command({ kind: 'fence', sessionId, sequence }));
  }

  rows(sql: string): readonly (readonly unknown[])[] {
    return this.database.rows(sql);
  }
}

function outcomesOf({ outcomes }: ApplyResult): readonly Outcome[] | null {
  const [entry] = outcomes;
  return entry === undefined ? null : unpackOutcomes(entry.outcomes).map(decodeOutcome);
}

/** All that is in the database, as text: equal for equal states. */
export function dump(database: Database): string {
  const objects = database.rows(
    `SELECT name, type, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2`,
  );
  const lines = objects.map((object) => object.join(' '));
  for (const [name, type] of objects) {
    if (type !== 'table') continue;
    const table = `"${String(name).replaceAll('"', '""')}"`;
    for (const row of database.rows(`SELECT * FROM ${table}`)) lines.push(showRow(name, row));
  }
  return lines.join('\n');
}

function showRow(table: unknown, row: readonly unknown[]): string {
  const values = row.map((value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value),
  );
  return `${String(table)}: ${values.join('|')}`;
}
