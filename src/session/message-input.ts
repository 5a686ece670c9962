// The messages of a client for a statement that goes on reading them: COPY FROM STDIN.
import type { FrontendMessage } from '../protocol/frontend.ts';

export interface MessageInput {
  /**
   * The next message. If it must be waited for, the client first gets what was written so far.
   * Rejects with what interrupt() was called with, and if the connection ends.
   */
  next(): FrontendMessage | Promise<FrontendMessage>;
  /** Nobody is to wait any more: who waits now, or is the next to wait, gets the error. */
  interrupt(error: Error): void;
  /** The reader is done: an interruption that came too late is forgotten. */
  endReading(): void;
}

/** One reader at a time waits. */
export class MessageQueue implements MessageInput {
  readonly #take: () => FrontendMessage | null;
  readonly #onWait: () => void;
  #waiting: {
    readonly resolve: (message: FrontendMessage) => void;
    readonly reject: (error: unknown) => void;
  } | null = null;
  #interruption: Error | null = null;

  /** `take` gives the next message that is there, or null. */
  constructor(take: () => FrontendMessage | null, onWait: () => void) {
    this.#take = take;
    this.#onWait = onWait;
  }

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  next(): FrontendMessage | Promise<FrontendMessage> {
    if (this.#interruption !== null) return Promise.reject(this.#takeInterruption());
    const message = this.#take();
    if (message !== null) return message;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#onWait();
    });
  }

  #takeInterruption(): Error | null {
    const error = this.#interruption;
    this.#interruption = null;
    return error;
  }

  /** Bytes came: if they make a message, the reader gets it. */
  received(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    try {
      const message = this.#take();
      if (message === null) {
        this.#onWait();
        return;
      }
      this.#waiting = null;
      waiting.resolve(message);
    } catch (error) {
      this.#waiting = null;
      waiting.reject(error);
    }
  }

  interrupt(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#interruption = error;
    else waiting.reject(error);
  }

  endReading(): void {
    this.#interruption = null;
  }
}
