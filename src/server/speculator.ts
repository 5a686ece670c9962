// Open transactions on their way to the machine thread and back: what is asked in one turn of the
// event loop travels in one message.
import type { Speculated, SpeculationId } from '../machine/speculation.ts';
import type { SpeculationAnswer, SpeculationRequest } from './thread-messages.ts';

export class Speculator {
  readonly #wake: () => void;
  readonly #waiting = new Map<number, (answer: Speculated) => void>();
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

  /** See Speculate; `request` encoded. One at a time for an id. */
  run(
    id: SpeculationId,
    isWhole: boolean,
    isKept: boolean,
    request: Uint8Array,
  ): { readonly answer: Promise<Speculated>; readonly giveUp: () => void } {
    const ticket = this.#nextTicket++;
    const answer = new Promise<Speculated>((resolve) => this.#waiting.set(ticket, resolve));
    this.#outgoing.push({ kind: 'run', ticket, id, isWhole, isKept, request });
    this.#wake();
    return { answer, giveUp: () => this.#waiting.delete(ticket) };
  }

  forget(id: SpeculationId): void {
    this.#outgoing.push({ kind: 'forget', id });
    this.#wake();
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
