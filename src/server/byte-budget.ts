// How many bytes all clients of a node together may have put somewhere.
import { PgError } from '../errors/pg-error.ts';

export class ByteBudget {
  readonly #bytesMax: number;
  readonly #what: string;
  #taken = 0;

  /** `what` they are put in, for the message. */
  constructor(bytesMax: number, what: string) {
    this.#bytesMax = bytesMax;
    this.#what = what;
  }

  /** Throws 53400. */
  take(bytes: number): void {
    if (this.#taken + bytes > this.#bytesMax) {
      throw new PgError(
        '53400',
        `${this.#what} of this node would exceed ${this.#bytesMax} bytes`,
        {
          hint: 'Try again when other large transactions have ended.',
        },
      );
    }
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }

  get taken(): number {
    return this.#taken;
  }
}
