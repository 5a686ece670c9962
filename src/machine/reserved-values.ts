// Values of sequences that a transaction took from the log beforehand: they are recorded with it, so
// that its statements get the same ones wherever they run again, and other transactions others.
import type { Oid } from '../types/pg-type.ts';
import type { ReservedSequence } from './command.ts';

/** How far the values were taken. */
export type ReservedMark = ReadonlyMap<Oid, number>;

export class ReservedValues {
  readonly #values = new Map<Oid, bigint[]>();
  #taken = new Map<Oid, number>();
  readonly #own = new Set<Oid>();

  constructor(sequences: readonly ReservedSequence[]) {
    this.addAll(sequences);
  }

  addAll(sequences: readonly ReservedSequence[]): void {
    for (const { oid, isOwn, values } of sequences) {
      this.add(oid, values);
      if (isOwn) this.setOwn(oid);
    }
  }

  /** More values, behind those that are left. */
  add(oid: Oid, values: readonly bigint[]): void {
    this.#values.set(oid, [...(this.#values.get(oid) ?? []), ...values]);
  }

  /** null: none is left. */
  takeReserved(oid: Oid): bigint | null {
    const taken = this.#taken.get(oid) ?? 0;
    const value = this.#values.get(oid)?.[taken] ?? null;
    if (value !== null) this.#taken.set(oid, taken + 1);
    return value;
  }

  mark(): ReservedMark {
    return new Map(this.#taken);
  }

  /** A statement failed or runs again: what it took is there again. */
  rewind(mark: ReservedMark): void {
    this.#taken = new Map(mark);
  }

  /**
   * The transaction made the sequence or set its value: from here on it advances the sequence
   * itself, and what was reserved before is of no use.
   */
  setOwn(oid: Oid): void {
    this.#own.add(oid);
  }

  isOwn(oid: Oid): boolean {
    return this.#own.has(oid);
  }
}
