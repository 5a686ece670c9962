// What ends a wait before its time: the client cancels, or a time limit of the session is over.
import { PgError } from '../errors/pg-error.ts';
import type { RunOptions } from '../session/backend.ts';

export class Interrupt {
  #error: PgError | null = null;
  #listeners = new Set<(error: PgError) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopListening: () => void;

  constructor({ cancellation, statementTimeoutMs }: RunOptions) {
    this.#stopListening = cancellation.listen(() =>
      this.#end('57014', 'canceling statement due to user request'),
    );
    this.limit(statementTimeoutMs, '57014', 'canceling statement due to statement timeout');
    if (cancellation.isCanceled) this.#end('57014', 'canceling statement due to user request');
  }

  /** Not null: the wait is over. */
  get error(): PgError | null {
    return this.#error;
  }

  /** `ms` 0: none. Returns what takes the limit away. */
  limit(ms: number, code: PgError['code'], message: string): () => void {
    if (ms === 0) return () => undefined;
    const timer = setTimeout(() => this.#end(code, message), ms);
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

  #end(code: PgError['code'], message: string): void {
    if (this.#error !== null) return;
    this.#error = new PgError(code, message);
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const listener of listeners) listener(this.#error);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#stopListening();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listeners.clear();
  }
}
