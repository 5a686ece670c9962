// Sequences while requests run. Functions advance them in memory, because a function cannot run SQL
// on the connection that calls it; a step that has succeeded writes them back. Between two steps
// what is held here is what the database holds.
import { PgError } from '../errors/pg-error.ts';
import type { SessionSequences } from '../sql/functions/session-sequences.ts';
import { readSessionSequences, writeSessionSequences } from '../sql/functions/session-sequences.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import type { SequencesUsed } from './command.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';
import type { ReservedMark, ReservedValues } from './reserved-values.ts';

/** A function asked for a sequence that is not in memory: see CatalogWanted. */
export class SequenceWanted extends Error {
  override readonly name = 'SequenceWanted';
  readonly oid: Oid;

  constructor(oid: Oid) {
    super();
    this.oid = oid;
  }
}

/** A transaction has used up the values it reserved: the statement needs more of them. */
export class SequenceExhausted extends Error {
  override readonly name = 'SequenceExhausted';
  readonly oid: Oid;

  constructor(oid: Oid) {
    super();
    this.oid = oid;
  }
}

export interface SequencePosition {
  readonly lastValue: bigint;
  /** `lastValue` has been given; else it is the next value. */
  readonly isCalled: boolean;
}

export interface Sequence extends SequencePosition {
  readonly name: string;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly isCycle: boolean;
}

/** Where sequences are kept. Not while a statement runs. */
export interface SequenceStore {
  /** The error that functions raise if there is no such sequence. */
  load(oid: Oid): Sequence | PgError;
  save(oid: Oid, position: SequencePosition): void;
}

const NOTHING_USED: SequencesUsed = { last: 0, values: [] };

export class SequenceValues {
  readonly #store: SequenceStore;
  readonly #loaded = new Map<Oid, Sequence | PgError>();
  /** What the running step changed, as it was before; and before its row, if it has such. */
  readonly #before = new Map<Oid, Sequence>();
  readonly #beforeRow = new Map<Oid, Sequence>();
  #reserved: ReservedValues | null = null;
  #reservedMark: ReservedMark | null = null;
  #rowMark: ReservedMark | null = null;
  /** Last values by sequence: of the request so far, of the statement, and of the running step. */
  #request = new LastValues();
  #statement = new LastValues();
  #step = new LastValues();

  constructor(store: SequenceStore) {
    this.#store = store;
  }

  // For functions ---------------------------------------------------------------------------------

  /** Throws SequenceWanted, SequenceExhausted, PgError. */
  next(oid: Oid): bigint {
    const value = this.#takesReserved(oid) ? this.#takeReserved(oid) : this.#advance(oid);
    this.#step.note(oid, value, true);
    return value;
  }

  /** See CallContext.nextvals. Throws SequenceWanted, PgError. */
  nextRun(oid: Oid, count: number): SequenceRun {
    const isOne = this.#takesReserved(oid);
    const first = this.next(oid);
    if (isOne) return { first, increment: 0n, count: 1 };
    const sequence = this.#sequence(oid);
    const { increment, min, max } = sequence;
    const room = increment > 0n ? (max - first) / increment : (first - min) / -increment;
    const more = room < BigInt(count - 1) ? room : BigInt(count - 1);
    const lastValue = first + more * increment;
    this.#move(oid, sequence, { lastValue, isCalled: true });
    this.#step.note(oid, lastValue, true);
    return { first, increment, count: Number(more) + 1 };
  }

  /** Throws SequenceWanted, PgError. */
  set(oid: Oid, value: bigint, isCalled: boolean): void {
    const sequence = this.#sequence(oid);
    const { name, min, max } = sequence;
    if (value < min || value > max) {
      throw new PgError(
        '22003',
        `setval: value ${value} is out of bounds for sequence "${name}" (${min}..${max})`,
      );
    }
    this.#reserved?.setOwn(oid);
    this.#move(oid, sequence, { lastValue: value, isCalled });
    if (isCalled) this.#step.note(oid, value, false);
  }

  /** What the session got last, as of now: `before` is what it had got before the request. */
  sessionText(before: string | null): string {
    const known: SessionSequences = readSessionSequences(before);
    for (const values of [this.#request, this.#statement, this.#step]) values.addTo(known);
    return writeSessionSequences(known);
  }

  #takesReserved(oid: Oid): boolean {
    return this.#reserved !== null && !this.#reserved.isOwn(oid);
  }

  #takeReserved(oid: Oid): bigint {
    const reserved = must(this.#reserved, 'values are reserved');
    this.#reservedMark ??= reserved.mark();
    this.#rowMark ??= reserved.mark();
    const value = reserved.takeReserved(oid);
    if (value === null) throw new SequenceExhausted(oid);
    return value;
  }

  #advance(oid: Oid): bigint {
    const sequence = this.#sequence(oid);
    const lastValue = sequence.isCalled ? valueAfter(sequence) : sequence.lastValue;
    this.#move(oid, sequence, { lastValue, isCalled: true });
    return lastValue;
  }

  #sequence(oid: Oid): Sequence {
    const found = this.#loaded.get(oid);
    if (found === undefined) throw new SequenceWanted(oid);
    if (found instanceof PgError) throw found;
    return found;
  }

  #move(oid: Oid, sequence: Sequence, position: SequencePosition): void {
    if (!this.#before.has(oid)) this.#before.set(oid, sequence);
    if (!this.#beforeRow.has(oid)) this.#beforeRow.set(oid, sequence);
    this.#loaded.set(oid, { ...sequence, ...position });
  }

  // For the machine -------------------------------------------------------------------------------

  beginRequest(): void {
    this.#reserved = null;
    this.#reservedMark = null;
    this.#request = new LastValues();
    this.#statement = new LastValues();
  }

  /** From here on nextval() gives these values; until the request ends. */
  useReserved(reserved: ReservedValues): void {
    this.#reserved = reserved;
  }

  /** Brings it into memory. Not while a statement runs. */
  load(oid: Oid): void {
    this.#loaded.set(oid, this.#store.load(oid));
  }

  /** The step succeeded: what it changed is written. */
  endStep(): void {
    for (const oid of this.#before.keys()) this.#store.save(oid, this.#sequence(oid));
    this.#before.clear();
    this.#reservedMark = null;
    this.beginRow();
    this.#statement.add(this.#step);
    this.#step = new LastValues();
  }

  /** The step failed, or runs again: it changed nothing. */
  undoStep(): void {
    for (const [oid, sequence] of this.#before) this.#loaded.set(oid, sequence);
    this.#before.clear();
    if (this.#reservedMark !== null) this.#reserved?.rewind(this.#reservedMark);
    this.#reservedMark = null;
    this.beginRow();
    this.#step = new LastValues();
  }

  /** The step comes to its next row. */
  beginRow(): void {
    // For each row of a load: clearing an empty map costs as much as a full one.
    if (this.#beforeRow.size > 0) this.#beforeRow.clear();
    this.#rowMark = null;
  }

  /** Back to where the row began. */
  undoRow(): void {
    for (const [oid, sequence] of this.#beforeRow) this.#loaded.set(oid, sequence);
    if (this.#rowMark !== null) this.#reserved?.rewind(this.#rowMark);
    this.beginRow();
  }

  /** What the statement took, and the next one begins. */
  endStatement(): SequencesUsed {
    const used = this.#statement.used();
    this.#request.add(this.#statement);
    this.#statement = new LastValues();
    return used;
  }

  /** The database may hold something else now: a rollback, a change of the schema. */
  forget(): void {
    this.#loaded.clear();
    this.#before.clear();
    this.#beforeRow.clear();
  }
}

/** What currval() and lastval() show. */
class LastValues {
  #last: Oid = 0;
  /** null: there are none. */
  #values: Map<Oid, bigint> | null = null;

  note(oid: Oid, value: bigint, isLast: boolean): void {
    if (isLast) this.#last = oid;
    this.#values ??= new Map();
    this.#values.set(oid, value);
  }

  add(later: LastValues): void {
    for (const [oid, value] of later.#values ?? []) this.note(oid, value, false);
    if (later.#last !== 0) this.#last = later.#last;
  }

  addTo(session: SessionSequences): void {
    for (const [oid, value] of this.#values ?? []) session.values.set(oid, value);
    if (this.#last !== 0) session.last = this.#last;
  }

  used(): SequencesUsed {
    if (this.#values === null) return NOTHING_USED;
    return { last: this.#last, values: [...this.#values] };
  }
}

/** Throws 2200H as Postgres does (PG: nextval_internal). */
function valueAfter({ name, lastValue, increment, min, max, isCycle }: Sequence): bigint {
  const next = lastValue + increment;
  const isUp = increment > 0n;
  if (isUp ? next <= max : next >= min) return next;
  if (isCycle) return isUp ? min : max;
  const [end, limit] = isUp ? ['maximum', max] : ['minimum', min];
  throw new PgError('2200H', `nextval: reached ${end} value of sequence "${name}" (${limit})`);
}
