// Transactions against the model (cells.ts): a transaction commits if and only if, run alone at its
// place in the log, it tells what its client was told; and what a client is told on the way is
// always of one state that there was.
import { decodeCommand } from '../../src/machine/command-codec.ts';
import { decodeOutcome, unpackOutcomes } from '../../src/machine/outcome-codec.ts';
import { RequestDecoder } from '../../src/machine/request-codec.ts';
import type { ApplyResult } from '../../src/machine/machine.ts';
import type { Outcome } from '../../src/machine/command.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { FIRST_CELLS, runOnModel } from './cells.ts';
import type { Cells, CellStatement, Told } from './cells.ts';
import { fail } from './checks.ts';

/** What was proposed under a number. */
export interface Proposed {
  readonly statements: readonly CellStatement[];
  /** null: one that tells its client nothing that is checked. */
  readonly told: readonly Told[] | null;
}

export class TransactionChecks {
  readonly #proposed = new Map<number, Proposed>();
  readonly #decoder = new RequestDecoder();
  readonly #executed = new Set<string>();
  readonly #committed = new Set<number>();
  /** States, with the index that made each. */
  readonly #states: { readonly index: number; readonly cells: Cells }[] = [
    { index: 0, cells: FIRST_CELLS },
  ];
  /** Entries up to here have been looked at. */
  #index = 0;
  commits = 0;
  conflicts = 0;

  get cells(): Cells {
    return this.#at(Infinity);
  }

  #at(index: number): Cells {
    for (let at = this.#states.length - 1; at >= 0; at--) {
      const state = this.#states[at] as { index: number; cells: Cells };
      if (state.index <= index) return state.cells;
    }
    return FIRST_CELLS;
  }

  propose(id: number, proposed: Proposed): void {
    this.#proposed.set(id, proposed);
  }

  isCommitted(id: number): boolean {
    return this.#committed.has(id);
  }

  /** What was told so far must be what the state at `index` tells. */
  told(who: string, proposed: Proposed, index: number): void {
    const differing = difference(proposed, this.#at(index));
    if (differing === null) return;
    fail(`${who} was told ${tellingOf(proposed)}; entry ${index} tells ${differing.expected}`);
  }

  /** `statement` is said to tell something else at `index`. */
  refused(who: string, proposed: Proposed, statement: number, index: number): void {
    this.#checkRefusal(who, proposed, statement, this.#at(index));
  }

  #checkRefusal(who: string, proposed: Proposed, statement: number, cells: Cells): void {
    const differing = difference(proposed, cells);
    if (differing?.at === statement) return;
    const what = differing === null ? 'nothing differs' : `statement ${differing.at} differs`;
    fail(`${who} was refused at statement ${statement}, but ${what}: ${tellingOf(proposed)}`);
  }

  /** A node has applied entries; the first one to do so tells what became of them. */
  applied(entries: readonly Entry[], { outcomes }: ApplyResult): void {
    for (const entry of entries) {
      if (entry.index <= this.#index) continue;
      this.#index = entry.index;
      const seen = outcomes.find(({ index }) => index === entry.index);
      if (entry.kind !== 'command' || seen?.kind !== 'executed') continue;
      const command = decodeCommand(entry.data);
      if (command.kind !== 'execute') continue;
      const name = `${command.sessionId}/${command.firstSequence}`;
      // A copy: answered with what came out the first time.
      if (this.#executed.has(name)) continue;
      const results = unpackOutcomes(seen.outcomes).map(decodeOutcome);
      if (results.every(({ kind }) => kind === 'session-expired')) continue;
      this.#executed.add(name);
      for (const [position, request] of command.requests.entries()) {
        const id = Number(this.#decoder.decode(request).now);
        if (id !== 0) this.#executedOne(id, results[position] as Outcome, entry.index);
      }
    }
  }

  #executedOne(id: number, outcome: Outcome, index: number): void {
    const who = `transaction ${id} at entry ${index}`;
    const proposed = this.#proposed.get(id);
    if (proposed === undefined) fail(`${who} was never proposed`);
    const { cells } = this;
    if (outcome.kind === 'conflict') {
      this.conflicts += 1;
      this.#checkRefusal(who, proposed, outcome.statement, cells);
    } else if (outcome.kind === 'done') {
      if (this.#committed.has(id)) fail(`${who} took effect twice`);
      this.#committed.add(id);
      if (proposed.told !== null) this.commits += 1;
      const differing = difference(proposed, cells);
      if (differing !== null) {
        fail(`${who} committed; it was told ${tellingOf(proposed)}, not ${differing.expected}`);
      }
      this.#states.push({ index, cells: runOnModel(proposed.statements, cells).after });
    }
  }
}

/** The first statement that tells something else on `cells`. */
function difference(
  { statements, told }: Proposed,
  cells: Cells,
): { readonly at: number; readonly expected: string } | null {
  if (told === null) return null;
  const { told: expected } = runOnModel(statements, cells);
  const at = told.findIndex((one, position) => one !== expected[position]);
  return at < 0 ? null : { at, expected: expected.join('; ') };
}

function tellingOf({ statements, told }: Proposed): string {
  return statements.map(({ kind }, at) => `${kind} -> ${told?.[at] ?? '?'}`).join('; ');
}
