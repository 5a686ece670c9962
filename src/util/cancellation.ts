// Whether a running statement was canceled, and who wants to know. Unlike an AbortSignal it costs
// nothing to listen to for one statement after the other: a listener is taken off again in O(1).

export class Cancellation {
  readonly #listeners = new Set<() => void>();
  #isCanceled = false;

  get isCanceled(): boolean {
    return this.#isCanceled;
  }

  /** Calls the listeners, once. */
  cancel(): void {
    if (this.#isCanceled) return;
    this.#isCanceled = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Returns what takes the listener off: to be called when the statement is over. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
