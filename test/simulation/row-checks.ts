// Rows under locks, seen in the order of the log: who held which row from where to where, which jobs
// are to be done, and what the slots hold. What clients are told must agree with it.
import type { Lock, LockOwner } from '../../src/machine/locks.ts';
import { conflicts } from '../../src/sql/functions/lock-modes.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { fail } from './checks.ts';
import {
  ADD_JOB,
  FINISH_JOB,
  jobResource,
  RAISE_SLOT,
  SET_SLOT,
  slotResource,
} from './row-statements.ts';
import type { RowStatement } from './row-statements.ts';

/** `to`: the entry that ended it. */
interface Held {
  readonly by: string;
  readonly mode: number;
  /** Somebody waits for it, and those behind him do not pass. */
  readonly isWait: boolean;
  readonly from: number;
  to: number;
}

interface Job {
  readonly addedAt: number;
  doneAt: number;
}

export class RowChecks {
  readonly #held = new Map<string, Held[]>();
  readonly #jobs = new Map<number, Job>();
  readonly #slots = new Map<number, { readonly from: number; readonly n: number }[]>();

  get openJobs(): number {
    return [...this.#jobs.values()].filter(({ doneAt }) => doneAt === Infinity).length;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  // The log ---------------------------------------------------------------------------------------

  /** A statement has taken effect. */
  executed(index: number, sql: string, values: readonly SqliteValue[]): void {
    const [first = 0, second = 0] = values.map(Number);
    if (sql === ADD_JOB) this.#jobs.set(first, { addedAt: index, doneAt: Infinity });
    if (sql === FINISH_JOB) this.#finished(index, first);
    if (sql === RAISE_SLOT) this.#set(index, first, this.#slotAt(first, index) + 1);
    if (sql === SET_SLOT) this.#set(index, second, first);
  }

  #set(index: number, slot: number, n: number): void {
    const before = this.#slotAt(slot, index);
    if (n !== before + 1) {
      fail(`entry ${index} sets slot ${slot} to ${n}, it was ${before}: an update is lost`);
    }
    this.#slots.set(slot, [...(this.#slots.get(slot) ?? []), { from: index, n }]);
  }

  #finished(index: number, id: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.doneAt < index) fail(`entry ${index} does job ${id} once more`);
    job.doneAt = index;
  }

  /** Behind the entry `index`. */
  held(index: number, locks: readonly Lock[]): void {
    const now = new Map<string, Lock[]>();
    for (const lock of locks) {
      if (!lock.resource.startsWith('r ')) continue;
      const others = now.get(lock.resource) ?? [];
      const other = others.find((one) => lock.token * one.token > 0 && isConflict(one, lock));
      if (other !== undefined) fail(`entry ${index}: two have ${lock.resource}`);
      now.set(lock.resource, [...others, lock]);
    }
    for (const [resource, spans] of this.#held) {
      for (const span of spans) {
        const isStill = now.get(resource)?.some((lock) => isOf(span, lock)) === true;
        if (span.to === Infinity && !isStill) span.to = index;
      }
    }
    for (const [resource, holders] of now) {
      const spans = this.#held.get(resource) ?? [];
      this.#held.set(resource, spans);
      for (const lock of holders) {
        if (spans.some((span) => span.to === Infinity && isOf(span, lock))) continue;
        spans.push({ ...spanOf(lock), from: index, to: Infinity });
      }
    }
  }

  // Clients ---------------------------------------------------------------------------------------

  /** Which rows a statement gave, that began at entry `begin` and was told as of entry `end`. */
  told(
    who: LockOwner,
    statement: Extract<RowStatement, { kind: 'take' | 'lock' }>,
    rows: readonly (readonly [row: number, value: number])[],
    begin: number,
    end: number,
  ): { readonly skipped: number } {
    const { kind, mode, policy } = statement;
    const resourceOf = kind === 'take' ? jobResource : slotResource;
    for (const [row, value] of rows) {
      if (!this.#isHeldBy(who, resourceOf(row), mode, end)) {
        fail(`${keyOf(who)} was given ${resourceOf(row)} at ${end} without its lock`);
      }
      const is = kind === 'take' ? 0 : this.#slotAt(row, end);
      if (value !== is) fail(`${resourceOf(row)} is ${is} at ${end}, told was ${value}`);
    }
    const given = rows.map(([row]) => row);
    const over = this.#candidates(statement, begin, end, given).filter(
      (row) => !given.includes(row),
    );
    const free = over.find((row) => !this.#wasHeld(who, resourceOf(row), mode, begin, end));
    if (free !== undefined && (policy === 'skip' || kind === 'lock')) {
      fail(`${keyOf(who)} was not given ${resourceOf(free)}, free from ${begin} to ${end}`);
    }
    if (policy !== 'skip' && over.length > 0) {
      fail(`${keyOf(who)} was not given ${over.map(resourceOf).join()}, and skips nothing`);
    }
    return { skipped: over.length };
  }

  /** All slots, by who has their table. */
  saw(who: LockOwner, rows: readonly (readonly [row: number, value: number])[], end: number): void {
    for (const [slot, value] of rows) {
      const is = this.#slotAt(slot, end);
      if (value !== is) fail(`${keyOf(who)} saw ${value} in slot ${slot} at ${end}, it is ${is}`);
    }
  }

  /** Rows that it should give, or have skipped. */
  #candidates(
    statement: Extract<RowStatement, { kind: 'take' | 'lock' }>,
    begin: number,
    end: number,
    given: readonly number[],
  ): readonly number[] {
    if (statement.kind === 'lock') return statement.slots;
    for (const job of given) {
      const { addedAt = Infinity, doneAt = 0 } = this.#jobs.get(job) ?? {};
      if (addedAt > end || doneAt <= end) fail(`job ${job} was given at ${end}, it is not to do`);
    }
    const last = given.length < statement.limit ? Infinity : Math.max(...given);
    return [...this.#jobs].flatMap(([job, { addedAt, doneAt }]) =>
      addedAt <= begin && doneAt > end && job < last ? [job] : [],
    );
  }

  #slotAt(slot: number, index: number): number {
    return this.#slots.get(slot)?.findLast(({ from }) => from <= index)?.n ?? 0;
  }

  #isHeldBy(who: LockOwner, resource: string, mode: number, index: number): boolean {
    const spans = this.#held.get(resource) ?? [];
    return spans.some(
      (span) =>
        span.by === keyOf(who) &&
        span.mode === mode &&
        !span.isWait &&
        span.from <= index &&
        index < span.to,
    );
  }

  /** By another, or wanted, so that it could not be had, at some time. */
  #wasHeld(who: LockOwner, resource: string, mode: number, begin: number, end: number): boolean {
    const spans = this.#held.get(resource) ?? [];
    return spans.some(
      (span) =>
        span.by !== keyOf(who) && conflicts(span.mode, mode) && span.from <= end && span.to > begin,
    );
  }
}

function keyOf({ sessionId, owner }: LockOwner): string {
  return `${sessionId}/${owner}`;
}

function isConflict(a: Lock, b: Lock): boolean {
  return conflicts(a.mode, b.mode) && keyOf(a) !== keyOf(b);
}

function spanOf(lock: Lock): Pick<Held, 'by' | 'mode' | 'isWait'> {
  return { by: keyOf(lock), mode: lock.mode, isWait: lock.token === 0 };
}

function isOf(span: Held, lock: Lock): boolean {
  const { by, mode, isWait } = spanOf(lock);
  return span.by === by && span.mode === mode && span.isWait === isWait;
}
