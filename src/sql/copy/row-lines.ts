// The line of the input on which each row of a COPY begins: rows are many, and nearly all of them are
// on the line behind the row before.

export class RowLines {
  /** Rows that are not: their number, and the line. */
  readonly #rows: number[] = [];
  readonly #lines: number[] = [];
  #count = 0;
  #next = -1;

  /** Of the next row. */
  add(line: number): void {
    this.#count += 1;
    if (line !== this.#next) {
      this.#rows.push(this.#count);
      this.#lines.push(line);
    }
    this.#next = line + 1;
  }

  /** Rows count from 1; null: there is no such row. */
  lineOf(row: number): number | null {
    if (row < 1 || row > this.#count) return null;
    let low = 0;
    let high = this.#rows.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#rows[middle] ?? Infinity) <= row) low = middle;
      else high = middle - 1;
    }
    return (this.#lines[low] ?? 0) + row - (this.#rows[low] ?? 0);
  }
}
