// Requests about locks on their way through the gateway. Each gets a definite answer, however long
// that takes: what a client holds must be known.
import type { Answer, Gateway, Ticket } from '../gateway/gateway.ts';
import { decodeOutcome } from '../machine/outcome-codec.ts';
import { encodeLockRequest } from '../machine/request-codec.ts';
import type { LockAction } from '../machine/command.ts';
import { monotonicMs } from './clock.ts';
import type { Interrupt } from './interrupt.ts';

/** One result for each action (see runLockActions), and the session under which it was so. */
export interface LockResults {
  readonly results: readonly bigint[];
  readonly sessionId: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: (results: LockResults | 'lost' | null) => void;
}

export class LockRequests {
  readonly #gateway: Gateway;
  readonly #wake: () => void;
  readonly #waiting = new Map<Ticket, Waiting>();
  /** The gateway was full. */
  #postponed: Waiting[] = [];

  constructor(gateway: Gateway, wake: () => void) {
    this.#gateway = gateway;
    this.#wake = wake;
  }

  get openCount(): number {
    return this.#waiting.size + this.#postponed.length;
  }

  /** null: it was not executed, and never will be; or the session that it was for is closed. */
  async send(
    owner: number,
    actions: readonly LockAction[],
    interrupt: Interrupt | null,
  ): Promise<LockResults | null> {
    for (;;) {
      const results = await this.#send(owner, actions, interrupt);
      if (results !== 'lost') return results;
      // It was executed. Locks of a transaction may be taken once more: all of them end with it.
    }
  }

  #send(
    owner: number,
    actions: readonly LockAction[],
    interrupt: Interrupt | null,
  ): Promise<LockResults | 'lost' | null> {
    const bytes = encodeLockRequest({ owner, actions });
    return new Promise((resolve) => {
      const waiting = { bytes, resolve };
      const ticket = this.#submit(waiting);
      if (ticket === null || interrupt === null) return;
      const stop = interrupt.listen(() => {
        if (this.#waiting.has(ticket)) this.#gateway.expire(ticket, monotonicMs());
        this.#wake();
      });
      this.#waiting.set(ticket, {
        bytes,
        resolve: (results) => {
          stop();
          resolve(results);
        },
      });
    });
  }

  #submit(waiting: Waiting): Ticket | null {
    const ticket = this.#gateway.submit(waiting.bytes);
    if (ticket === null) this.#postponed.push(waiting);
    else {
      this.#waiting.set(ticket, waiting);
      this.#wake();
    }
    return ticket;
  }

  /** False: the answer is to another request. */
  answered(answer: Answer): boolean {
    const waiting = this.#waiting.get(answer.ticket);
    if (waiting === undefined) return false;
    this.#waiting.delete(answer.ticket);
    waiting.resolve(answer.kind === 'outcome' ? resultsOf(answer) : null);
    return true;
  }

  /** Call now and then. */
  tick(): void {
    const again = this.#postponed;
    this.#postponed = [];
    for (const waiting of again) this.#submit(waiting);
  }
}

function resultsOf(answer: Extract<Answer, { kind: 'outcome' }>): LockResults | 'lost' | null {
  const outcome = decodeOutcome(answer.outcome);
  if (outcome.kind === 'result-lost') return 'lost';
  if (outcome.kind !== 'done') return null;
  const results = (outcome.results[0]?.rows ?? []).map(([result]) => result as bigint);
  return { results, sessionId: answer.sessionId };
}
