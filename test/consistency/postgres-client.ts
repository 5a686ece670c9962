// The clients of workload.ts over node-postgres, for every server that speaks the Postgres protocol.
import pg from 'pg';
import { DEFINITE } from './workload.ts';
import type {
  BankClient,
  BatchClient,
  Connection,
  Isolation,
  ListAppendPlan,
  TransactionClient,
} from './workload.ts';

export const LIST_SCHEMA = 'create table lists (k int primary key, v text not null)';

export function bankSchema(initial: readonly number[]): string {
  const rows = initial.map((balance, account) => `(${account}, ${balance})`).join(', ');
  return `
    create table accounts (id int primary key, balance int not null);
    create table ledger (transfer int not null);
    insert into accounts values ${rows}`;
}

interface ListRow {
  readonly v: string;
}

class PostgresConnection implements Connection {
  protected readonly client: pg.Client;

  constructor(client: pg.Client) {
    this.client = client;
  }

  async begin(isolation?: Isolation): Promise<void> {
    await this.client.query(
      isolation === undefined ? 'begin' : `begin isolation level ${isolation}`,
    );
  }

  async commit(): Promise<void> {
    const { command } = await this.client.query('commit');
    // To Postgres the commit of a transaction that has failed is no error.
    if (command !== 'COMMIT')
      throw Object.assign(new Error(`commit answered ${command}`), { code: DEFINITE });
  }

  async rollback(): Promise<void> {
    await this.client.query('rollback');
  }

  /** `end` would wait for what is in flight. */
  async close(): Promise<void> {
    streamOf(this.client).destroy();
  }
}

export class PostgresListClient extends PostgresConnection implements TransactionClient {
  async append(key: number, value: number): Promise<void> {
    await this.client.query(
      `insert into lists values ($1, $2)
       on conflict (k) do update set v = lists.v || ',' || excluded.v`,
      [key, String(value)],
    );
  }

  async read(key: number): Promise<readonly number[]> {
    const { rows } = await this.client.query<ListRow>('select v from lists where k = $1', [key]);
    return listOf(rows);
  }
}

/** Sends a transaction as one query string, which is a transaction to Postgres. */
export class PostgresBatchClient extends PostgresConnection implements BatchClient {
  async run(plan: ListAppendPlan): Promise<readonly (readonly number[] | null)[]> {
    const texts = plan.map((operation) =>
      operation.kind === 'append'
        ? `insert into lists values (${operation.key}, '${operation.value}')
           on conflict (k) do update set v = lists.v || ',' || excluded.v`
        : `select v from lists where k = ${operation.key}`,
    );
    const answer: unknown = await this.client.query(texts.join(';\n'));
    // One statement is answered with its result, several with an array.
    const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryResult<ListRow>[];
    return plan.map(({ kind }, position) =>
      kind === 'append' ? null : listOf((results[position] as pg.QueryResult<ListRow>).rows),
    );
  }
}

export class PostgresBankClient extends PostgresConnection implements BankClient {
  async balance(account: number): Promise<number> {
    const sql = 'select balance from accounts where id = $1';
    const { rows } = await this.client.query<{ balance: number }>(sql, [account]);
    return (rows[0] as { balance: number }).balance;
  }

  async setBalance(account: number, balance: number): Promise<void> {
    const sql = 'update accounts set balance = $2 where id = $1';
    await this.client.query(sql, [account, balance]);
  }

  async balances(): Promise<readonly number[]> {
    const sql = 'select balance from accounts order by id';
    const { rows } = await this.client.query<{ balance: number }>(sql);
    return rows.map(({ balance }) => balance);
  }

  async record(transfer: number): Promise<void> {
    await this.client.query('insert into ledger values ($1)', [transfer]);
  }

  async ledger(): Promise<readonly number[]> {
    const sql = 'select transfer from ledger';
    const { rows } = await this.client.query<{ transfer: number }>(sql);
    return rows.map(({ transfer }) => transfer);
  }
}

const CONNECT_TIMEOUT_MS = 5_000;

export async function connectPostgres(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...config });
  // A connection that breaks fails its query too: that is where the driver looks.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function listOf(rows: readonly ListRow[]): number[] {
  return rows[0] === undefined ? [] : rows[0].v.split(',').map(Number);
}

/** The types of node-postgres do not tell of it. */
function streamOf(client: pg.Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
