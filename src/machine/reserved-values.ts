// Values of sequences that a transaction took from the log beforehand: they are recorded with it, so
// that its statements get the same ones wherever they run again, and other transactions others.
import type { Oid } from '../types/pg-type.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';
import type { ReservedSequence } from './command.ts';

/** How far the values were taken. */
export type ReservedMark = ReadonlyMap<Oid, number>;

export class ReservedValues {
  readonly #runs = new Map<Oid, readonly SequenceRun[]>();
  #taken = new Map<Oid, number>();
  readonly #own = new Set<Oid>();

  constructor(sequences: readonly ReservedSequence[]) {
    this.addAll(sequences);
  }

  addAll(sequences: readonly ReservedSequence[]): void {
    for (const { oid, isOwn, runs } of sequences) {
      this.add(oid, runs);
      if (isOwn) this.setOwn(oid);
    }
  }

  /** More values, behind those that are left. */
  add(oid: Oid, runs: readonly SequenceRun[]): void {
    this.#runs.set(oid, [...(this.#runs.get(oid) ?? []), ...runs]);
  }

  /** null: none is left. */
  takeReserved(oid: Oid): bigint | null {
    const taken = this.#taken.get(oid) ?? 0;
    let before = 0;
    for (const { first, increment, count } of this.#runs.get(oid) ?? []) {
      if (taken < before + count) {
        this.#taken.set(oid, taken + 1);
        return first + increment * BigInt(taken - before);
      }
      before += count;
    }
    return null;
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
