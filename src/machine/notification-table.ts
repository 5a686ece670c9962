// Notifications of the transaction that runs. They are rows, so that what is rolled back, to a
// savepoint too, is not told; the table is empty between two transactions.
import type { Notification } from '../sql/functions/notify.ts';
import type { Database } from './database.ts';

/** Postgres tells the same notification of one transaction once. */
const ADD = 'INSERT OR IGNORE INTO "balsa.notification" (channel, payload, pid) VALUES (?, ?, ?)';
const ALL = 'SELECT channel, payload, pid FROM "balsa.notification" ORDER BY position';
const CLEAR = 'DELETE FROM "balsa.notification"';

export class NotificationTable {
  readonly #database: Database;
  /** False: nothing was added since the last look. */
  #mayHaveRows = false;

  constructor(database: Database) {
    this.#database = database;
  }

  add({ channel, payload, pid }: Notification): void {
    this.#database.run(ADD, [channel, payload, BigInt(pid)]);
    this.#mayHaveRows = true;
  }

  /** Those of the transaction that ends here, in order. */
  takeAll(): readonly Notification[] {
    if (!this.#mayHaveRows) return [];
    this.#mayHaveRows = false;
    const rows = this.#database.rows(ALL);
    if (rows.length > 0) this.#database.run(CLEAR);
    return rows.map(([channel, payload, pid]) => ({
      channel: String(channel),
      payload: String(payload),
      pid: Number(pid),
    }));
  }
}
