// A database in memory that is strictly serializable (it validates at commit what was read), and,
// with a bug switched on, is not in a known way. Its clients take turns by a seed.
import type { Prng } from '../../../src/util/prng.ts';
import type { BankClient, TransactionClient } from '../workload.ts';

export type Bug =
  | 'stale-snapshot' // reads see a state of earlier
  | 'lost-update' // a commit writes back what it has read
  | 'dirty-read' // reads see what others have not committed
  | 'write-skew' // only what was written is validated (snapshot isolation)
  | 'read-committed' // every read sees the latest commit
  | 'half-commit' // a commit takes effect key by key
  | 'double-commit' // a commit takes effect twice
  | 'forgotten-commit' // a commit is acknowledged and takes no effect
  | 'unclean-abort'; // what was refused takes effect all the same

type Value = readonly number[];
type State = ReadonlyMap<string, Value>;

interface Update {
  readonly key: string;
  readonly change: (value: Value) => Value;
}

const NOTHING: Value = [];
/** How many states back a stale snapshot may be. */
const STALENESS = 4;

export class MemoryDatabase {
  /** The last one is the present; a state is as old as it is far from it. */
  readonly states: State[];
  readonly open = new Set<MemoryClient>();
  readonly #changedAt = new Map<string, number>();
  readonly #prng: Prng;
  readonly #bug: Bug | null;

  constructor(prng: Prng, bug: Bug | null, balances: readonly number[] = []) {
    this.#prng = prng;
    this.#bug = bug;
    this.states = [
      new Map(
        balances.map((balance, account): [string, Value] => [accountKey(account), [balance]]),
      ),
    ];
  }

  connect(): MemoryClient {
    return new MemoryClient(this);
  }

  has(bug: Bug): boolean {
    return this.#bug === bug;
  }

  /** A bug that does not show every time. */
  strikes(bug: Bug): boolean {
    return this.has(bug) && this.chance(0.1);
  }

  chance(probability: number): boolean {
    return this.#prng.chance(probability);
  }

  /** Lets others go first, or not. */
  async breathe(): Promise<void> {
    for (let turns = this.#prng.integer(6); turns > 0; turns--) await Promise.resolve();
  }

  now(): number {
    return this.states.length - 1;
  }

  state(version: number): State {
    return this.states[version] as State;
  }

  snapshotVersion(): number {
    const age = this.has('stale-snapshot') ? this.#prng.integer(STALENESS) : 0;
    return Math.max(0, this.now() - age);
  }

  isChanged(key: string, since: number): boolean {
    return (this.#changedAt.get(key) ?? 0) > since;
  }

  apply(updates: readonly Update[], base: State): void {
    const next = new Map(this.state(this.now()));
    const from = this.has('lost-update') ? new Map(base) : next;
    for (const { key, change } of updates) {
      from.set(key, change(from.get(key) ?? NOTHING));
      next.set(key, from.get(key) as Value);
      this.#changedAt.set(key, this.states.length);
    }
    this.states.push(next);
  }
}

class MemoryClient implements TransactionClient, BankClient {
  readonly #database: MemoryDatabase;
  #snapshot = 0;
  #updates: Update[] = [];
  #reads = new Set<string>();

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async begin(): Promise<void> {
    await this.#database.breathe();
    this.#snapshot = this.#database.snapshotVersion();
    this.#updates = [];
    this.#reads = new Set();
    this.#database.open.add(this);
  }

  async append(key: number, value: number): Promise<void> {
    await this.#update({ key: listKey(key), change: (list) => [...list, value] });
  }

  read(key: number): Promise<Value> {
    return this.#read(listKey(key));
  }

  async balance(account: number): Promise<number> {
    return (await this.#read(accountKey(account)))[0] as number;
  }

  setBalance(account: number, balance: number): Promise<void> {
    return this.#update({ key: accountKey(account), change: () => [balance] });
  }

  async balances(): Promise<readonly number[]> {
    const keys = [...this.#database.state(0).keys()];
    const balances: number[] = [];
    for (const key of keys) balances.push((await this.#read(key))[0] as number);
    return balances;
  }

  record(transfer: number): Promise<void> {
    return this.#update({ key: 'ledger', change: (ledger) => [...ledger, transfer] });
  }

  ledger(): Promise<Value> {
    return this.#read('ledger');
  }

  async #update(update: Update): Promise<void> {
    await this.#database.breathe();
    this.#updates.push(update);
  }

  async #read(key: string): Promise<Value> {
    const database = this.#database;
    await database.breathe();
    this.#reads.add(key);
    const version = database.has('read-committed') ? database.now() : this.#snapshot;
    const others = database.has('dirty-read')
      ? [...database.open].filter((one) => one !== this)
      : [];
    return [...others, this]
      .flatMap((client) => client.#updates)
      .filter((update) => update.key === key)
      .reduce((value, { change }) => change(value), database.state(version).get(key) ?? NOTHING);
  }

  async commit(): Promise<void> {
    const database = this.#database;
    await database.breathe();
    if (database.chance(0.01)) this.#break();
    // What others have read of it must be able to vanish.
    if (!this.#isValid() || database.strikes('dirty-read')) {
      if (database.strikes('unclean-abort')) this.#apply(this.#updates);
      throw Object.assign(new Error('could not serialize access'), { code: '40001' });
    }
    if (!database.strikes('forgotten-commit')) await this.#takeEffect();
    if (database.chance(0.01)) this.#break();
    await database.breathe();
    database.open.delete(this);
  }

  /** Strictly serializable: when it commits, all it has read is still so. */
  #isValid(): boolean {
    const database = this.#database;
    const isWriter = this.#updates.length > 0;
    if (database.has('lost-update') || database.has('read-committed')) return true;
    if (database.has('dirty-read') || (database.has('stale-snapshot') && !isWriter)) return true;
    const keys = database.has('write-skew') ? this.#updates.map(({ key }) => key) : this.#reads;
    return [...keys].every((key) => !database.isChanged(key, this.#snapshot));
  }

  async #takeEffect(): Promise<void> {
    if (this.#updates.length === 0) return;
    if (this.#database.has('half-commit')) {
      const [first, ...others] = this.#updates;
      this.#apply([first as Update]);
      await this.#database.breathe();
      if (others.length > 0) this.#apply(others);
      return;
    }
    this.#apply(this.#updates);
    if (this.#database.strikes('double-commit')) this.#apply(this.#updates);
  }

  #apply(updates: readonly Update[]): void {
    this.#database.apply(updates, this.#database.state(this.#snapshot));
  }

  #break(): never {
    throw new Error('the connection broke');
  }

  async rollback(): Promise<void> {
    await this.#database.breathe();
    this.#database.open.delete(this);
  }

  async close(): Promise<void> {
    this.#database.open.delete(this);
  }
}

function listKey(key: number): string {
  return `list ${key}`;
}

function accountKey(account: number): string {
  return `account ${account}`;
}
