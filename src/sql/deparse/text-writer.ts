// Text in pieces, with relations by their oid, and the line breaks of the pretty form.
import type { TextPieces } from '../../catalog/node-tree.ts';

/** PG: PRETTYINDENT_LIMIT. */
const INDENT_MAX = 40;

export class TextWriter {
  readonly #pieces: (string | number)[] = [];
  #text = '';
  #indent = 0;

  /** Text, or a relation's oid that is shown as its name. */
  add(piece: string | number): void {
    if (typeof piece === 'string') {
      this.#text += piece;
      return;
    }
    this.#pieces.push(this.#text, piece);
    this.#text = '';
  }

  /** Starts a new line; the level changes before and after it. */
  line(text: string, before: number, after: number): void {
    this.#indent = Math.max(0, this.#indent + before);
    this.#text = `${this.#text.trimEnd()}\n${' '.repeat(Math.min(this.#indent, INDENT_MAX))}${text}`;
    this.#indent += after;
  }

  pieces(): TextPieces {
    return this.#text === '' && this.#pieces.length > 0
      ? this.#pieces
      : [...this.#pieces, this.#text];
  }
}
