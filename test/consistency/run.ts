// Runs transactions on clients, several at a time, and tells how each ended. Knows no workload.
import type { Attempt, Status } from './history.ts';
import { DEFINITE } from './workload.ts';

export interface RunOptions<Client, Plan> {
  /** A new connection for a process: at the start, and after the last one was of no more use. */
  readonly connect: (process: number) => Promise<Client>;
  readonly plans: Iterable<Plan>;
  readonly processes: number;
  /** When to begin no more, in ms. */
  readonly maxTime: number;
  /** When to give one transaction up, in ms. */
  readonly transactionTimeout?: number;
  /** When to give up reading the final state, in ms after the last transaction. */
  readonly finalTimeout?: number;
  /** Times of the history. It must not go back. */
  readonly clock?: () => number;
}

interface Recorded<Plan, Seen> {
  readonly attempt: Attempt;
  readonly plan: Plan;
  readonly seen: Seen;
}

/** What the steps of one transaction work with. */
export interface Turn<Client, Plan, Seen> {
  readonly id: number;
  readonly client: Client;
  readonly plan: Plan;
  /** To be filled on the way. */
  readonly seen: Seen;
  /** To be called before the first thing that may commit. Throws if it is too late for that. */
  readonly beforeCommit: () => void;
}

type Steps<Client, Plan, Seen> = (turn: Turn<Client, Plan, Seen>) => Promise<void>;

/** What is done with clients of every kind. */
interface Connection {
  rollback(): Promise<void>;
  close(): Promise<void>;
}

/** One process runs one transaction at a time; each takes the next plan when it is free. */
export class Run<Client extends Connection, Plan, Seen> {
  readonly attempts: Recorded<Plan, Seen>[] = [];
  readonly #options: RunOptions<Client, Plan>;
  readonly #empty: () => Seen;
  readonly #steps: Steps<Client, Plan, Seen>;
  readonly #clock: () => number;
  #nextId = 1;

  constructor(
    options: RunOptions<Client, Plan>,
    empty: () => Seen,
    steps: Steps<Client, Plan, Seen>,
  ) {
    this.#options = options;
    this.#empty = empty;
    this.#steps = steps;
    this.#clock = options.clock ?? (() => performance.now());
  }

  async all(): Promise<void> {
    const { plans, processes, maxTime } = this.#options;
    const end = Date.now() + maxTime;
    const source = plans[Symbol.iterator]();
    const nextPlan = (): Plan | undefined => {
      if (Date.now() >= end) return undefined;
      const next = source.next();
      return next.done === true ? undefined : next.value;
    };
    const loops = Array.from({ length: processes }, (_, process) =>
      this.#loop(process, nextPlan, end),
    );
    await Promise.all(loops);
  }

  async #loop(process: number, nextPlan: () => Plan | undefined, end: number): Promise<void> {
    let client: Client | null = null;
    for (;;) {
      client ??= await this.#connect(process, end);
      if (client === null) return;
      const plan = nextPlan();
      if (plan === undefined) break;
      const recorded = await this.#transaction(client, process, plan);
      if (recorded.isUsable) continue;
      await client.close().catch(() => undefined);
      client = null;
    }
    await client.close().catch(() => undefined);
  }

  /** Tries again while there is time: a server that was killed comes back. */
  async #connect(process: number, end: number): Promise<Client | null> {
    for (;;) {
      try {
        return await this.#options.connect(process);
      } catch {
        if (Date.now() >= end) return null;
        await pause(RETRY_PAUSE_MS);
      }
    }
  }

  /** Runs a plan until it is acknowledged, by itself, after all others. */
  async final(plan: () => Plan): Promise<Seen | null> {
    const end = Date.now() + (this.#options.finalTimeout ?? 30_000);
    while (Date.now() < end) {
      const client = await this.#connect(0, end);
      if (client === null) return null;
      const { recorded } = await this.#transaction(client, 0, plan());
      await client.close().catch(() => undefined);
      if (recorded.attempt.status === 'ok') return recorded.seen;
      await pause(RETRY_PAUSE_MS);
    }
    return null;
  }

  async #transaction(
    client: Client,
    process: number,
    plan: Plan,
  ): Promise<{ recorded: Recorded<Plan, Seen>; isUsable: boolean }> {
    const id = this.#nextId++;
    const seen = this.#empty();
    const progress = { isCommitting: false, isGivenUp: false };
    const beforeCommit = (): void => {
      if (progress.isGivenUp) throw new Error('the answer came too late');
      progress.isCommitting = true;
    };
    const invoke = this.#clock();
    let outcome: { status: Status; error?: string } = { status: 'ok' };
    let isUsable = true;
    try {
      await this.#inTime(this.#steps({ id, client, plan, seen, beforeCommit }));
    } catch (error) {
      progress.isGivenUp = true;
      outcome = { status: statusOf(error, progress.isCommitting), error: String(error) };
      isUsable = await this.#recover(client, error);
    }
    const attempt = { id, process, invoke, complete: this.#clock(), ...outcome };
    const recorded = { attempt, plan, seen };
    this.attempts.push(recorded);
    return { recorded, isUsable };
  }

  async #inTime(steps: Promise<void>): Promise<void> {
    const { transactionTimeout = 30_000 } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), transactionTimeout);
    });
    try {
      await Promise.race([steps, timeout]);
    } catch (error) {
      steps.catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Can the client go on? */
  async #recover(client: Client, error: unknown): Promise<boolean> {
    if (codeOf(error) === null) return false;
    try {
      await this.#inTime(client.rollback());
      return true;
    } catch {
      return false;
    }
  }
}

const RETRY_PAUSE_MS = 100;

/** By its class, for EPIPE has five letters too. */
const SQLSTATE = /^(\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/;

/** Errors that a commit may end in and that say that it did not happen. */
const ABORTED = /^(40001|40P01|40002|23\w{3}|25P02|DEFINITE)$/;

/**
 * What was never asked to commit has not committed. An error of the commit itself is taken for an
 * abort only if it is known to be one: an unknown outcome that is called so hides little, an abort
 * that did commit would be a false alarm.
 */
function statusOf(error: unknown, isCommitting: boolean): Status {
  if (!isCommitting) return 'fail';
  const code = codeOf(error);
  return code !== null && ABORTED.test(code) ? 'fail' : 'info';
}

/** The SQLSTATE of an error, or null where there is none: then the connection is of no use. */
function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && (SQLSTATE.test(code) || code === DEFINITE) ? code : null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
