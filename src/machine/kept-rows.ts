// Rows that steps of a statement keep for the steps behind them, by the number of their set
// (sql/functions/kept-rows.ts).
import type { SqliteValue } from '../types/sqlite-value.ts';

type Row = readonly SqliteValue[];

export class KeptRows {
  readonly #sets = new Map<number, Row[]>();
  /** How many there were when the step began. */
  #counts: readonly (readonly [set: number, count: number])[] = [];

  add(set: number, row: Row): void {
    const rows = this.#sets.get(set);
    if (rows === undefined) this.#sets.set(set, [row]);
    else rows.push(row);
  }

  of(set: number): readonly Row[] {
    return this.#sets.get(set) ?? [];
  }

  clear(): void {
    if (this.#sets.size > 0) this.#sets.clear();
    this.#counts = [];
  }

  beginStep(): void {
    if (this.#sets.size === 0 && this.#counts.length === 0) return;
    this.#counts = [...this.#sets].map(([set, rows]) => [set, rows.length]);
  }

  /** Without what the step kept. */
  undoStep(): void {
    if (this.#sets.size === 0) return;
    const counts = new Map(this.#counts);
    for (const [set, rows] of this.#sets) rows.length = counts.get(set) ?? 0;
  }
}
