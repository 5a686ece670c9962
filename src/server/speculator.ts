// Open transactions on their way to the machine thread and back: what is asked in one turn of the
// event loop travels in one message.
import type { Speculated, SpeculationId } from '../machine/speculation.ts';
import type { TableUse } from '../machine/row-guard.ts';
import { assert } from '../util/assert.ts';
import type { EarlierInFile, SpeculationAnswer, SpeculationRequest } from './thread-messages.ts';

/** See Speculate; `request` encoded. */
export interface Statements {
  readonly id: SpeculationId;
  readonly isWhole: boolean;
  readonly earlier: EarlierInFile | null;
  readonly isKept: boolean;
  readonly standsAlone: boolean;
  readonly uses: readonly TableUse[];
  readonly sessionId: number;
  readonly request: Uint8Array;
}

export class Speculator {
  readonly #wake: () => void;
  readonly #waiting = new Map<number, (answer: Speculated | null) => void>();
  #outgoing: SpeculationRequest[] = [];
  #nextTicket = 1;
  #nextId: SpeculationId = 1;

  /** `wake`: something is to be collected at the end of this turn. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  newId(): SpeculationId {
    return this.#nextId++;
  }

  /** One at a time for an id. */
  run(asked: Statements): { readonly answer: Promise<Speculated>; readonly giveUp: () => void } {
    const ticket = this.#nextTicket++;
    const answer = new Promise<Speculated>((resolve) => {
      this.#waiting.set(ticket, (speculated) => {
        assert(speculated !== null, 'a statement is answered');
        resolve(speculated);
      });
    });
    this.#outgoing.push({ kind: 'run', ticket, ...asked });
    this.#wake();
    return { answer, giveUp: () => this.#waiting.delete(ticket) };
  }

  /** All of its statements were told; `request` encoded. */
  propose(id: SpeculationId, request: Uint8Array): void {
    this.#outgoing.push({ kind: 'propose', id, request });
    this.#wake();
  }

  /** Resolves when the machine looks at nothing of it any more. */
  forget(id: SpeculationId): Promise<void> {
    const ticket = this.#nextTicket++;
    const done = new Promise<void>((resolve) => this.#waiting.set(ticket, () => resolve()));
    this.#outgoing.push({ kind: 'forget', ticket, id });
    this.#wake();
    return done;
  }

  /** What is to be posted now. */
  take(): readonly SpeculationRequest[] {
    const taken = this.#outgoing;
    this.#outgoing = [];
    return taken;
  }

  deliver(answers: readonly SpeculationAnswer[]): void {
    for (const { ticket, answer } of answers) {
      const resolve = this.#waiting.get(ticket);
      this.#waiting.delete(ticket);
      resolve?.(answer);
    }
  }
}
