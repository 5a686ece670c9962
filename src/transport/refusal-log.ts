// Says once in a while, not at every attempt, why connections were refused: peers try again every
// second, and a stranger must not be able to fill the log.

const FORGET_MS = 60_000;
const REMEMBERED_MAX = 64;

export class RefusalLog {
  readonly #log: (event: string, fields: Record<string, unknown>) => void;
  readonly #said = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(log: (event: string, fields: Record<string, unknown>) => void) {
    this.#log = log;
    this.#timer = setInterval(() => this.#said.clear(), FORGET_MS).unref();
  }

  refused(address: string, reason: string): void {
    const key = `${address} ${reason}`;
    if (this.#said.has(key) || this.#said.size >= REMEMBERED_MAX) return;
    this.#said.add(key);
    this.#log('peer refused', { from: address, reason });
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
