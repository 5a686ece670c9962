// What ends a wait before its time: the client cancels, or a time limit of the session is over.
import type { PgError } from '../errors/pg-error.ts';
import type { RunOptions } from '../session/backend.ts';
import { canceled, statementTimeout } from './late.ts';

export class Interrupt {
  #error: PgError | null = null;
  #listeners = new Set<(error: PgError) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopListening: () => void;

  constructor({ cancellation, statementTimeoutMs }: RunOptions) {
    this.#stopListening = cancellation.listen(() => this.#end(canceled()));
    this.limit(statementTimeoutMs, statementTimeout);
    if (cancellation.isCanceled) this.#end(canceled());
  }

  /** Not null: the wait is over. */
  get error(): PgError | null {
    return this.#error;
  }

  /** `ms` 0: none. Ends with what `why` gives by then. Returns what takes the limit away. */
  limit(ms: number, why: () => PgError): () => void {
    if (ms === 0) return () => undefined;
    const timer = setTimeout(() => this.#end(why()), ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  /** At once if it has ended already. Returns what takes the listener off. */
  listen(listener: (error: PgError) => void): () => void {
    if (this.#error !== null) listener(this.#error);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #end(error: PgError): void {
    if (this.#error !== null) return;
    this.#error = error;
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const listener of listeners) listener(error);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#stopListening();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listeners.clear();
  }
}
