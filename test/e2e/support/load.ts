// Clients that write through given nodes until told to stop, and remember what was acknowledged.
import pg from 'pg';

export interface LoadReport {
  /** Keys whose insert was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Keys whose insert ended in an error (broken connection included). */
  readonly failed: readonly { readonly key: string; readonly error: Error }[];
  /** Longest time between two acknowledgements of one client, ms. */
  readonly longestPauseMs: number;
}

/** Each client inserts a row of its own and adds one to a shared counter, in one statement string. */
export class Load {
  readonly #clients: pg.Client[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #acknowledged: string[] = [];
  readonly #failed: { key: string; error: Error }[] = [];
  #longestPauseMs = 0;
  #isStopping = false;

  static readonly SCHEMA = `
    create table load_row (key text primary key, client int not null);
    create table load_counter (id int primary key, n int not null);
    insert into load_counter values (1, 0)`;

  async start(ports: readonly number[], clientsPerPort: number): Promise<void> {
    for (const port of ports) {
      for (let client = 0; client < clientsPerPort; client++) {
        const connection = await connect(port);
        this.#clients.push(connection);
        this.#loops.push(this.#run(connection, `${port}-${client}`));
      }
    }
  }

  async #run(client: pg.Client, name: string): Promise<void> {
    let last = Date.now();
    for (let number = 0; !this.#isStopping; number++) {
      const key = `${name}-${number}`;
      try {
        await client.query(
          `insert into load_row values ('${key}', 1); update load_counter set n = n + 1 where id = 1`,
        );
        this.#acknowledged.push(key);
      } catch (error) {
        this.#failed.push({ key, error: error as Error });
        return;
      }
      const now = Date.now();
      this.#longestPauseMs = Math.max(this.#longestPauseMs, now - last);
      last = now;
    }
  }

  acknowledgedCount(): number {
    return this.#acknowledged.length;
  }

  async stop(): Promise<LoadReport> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#clients.map((client) => client.end().catch(() => undefined)));
    return {
      acknowledged: this.#acknowledged,
      failed: this.#failed,
      longestPauseMs: this.#longestPauseMs,
    };
  }
}

export async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  // A connection that breaks fails its query too: that is where tests look.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
