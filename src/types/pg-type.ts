// What a Postgres type is to the rest of the program: data. Shared code asks the type and never
// tests for particular types. One file per type implements this; registry.ts lists them.
import type { SqliteValue } from './sqlite-value.ts';

export type Oid = number;

/** Settings that text input and output depend on (PG: 20.11 Client Connection Defaults). */
export interface FormatSettings {
  /** IANA name or a fixed offset as Postgres accepts it. */
  readonly timeZone: string;
  /** 'ISO, MDY' and so on. */
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly extraFloatDigits: number;
  readonly byteaOutput: 'hex' | 'escape';
  /** What `now` and `today` mean: where it is missing they are not supported. */
  readonly now?: bigint;
}

/** pg_type.typcategory (PG: 53.64 pg_type). */
export type TypeCategory =
  'A' | 'B' | 'C' | 'D' | 'E' | 'N' | 'P' | 'R' | 'S' | 'T' | 'U' | 'V' | 'X' | 'Z' | 'I' | 'G';

export interface PgType {
  readonly oid: Oid;
  /** pg_type.typname: `int4`. */
  readonly name: string;
  /** As format_type() shows it without a typmod: `integer`. */
  readonly displayName: string;
  readonly category: TypeCategory;
  readonly isPreferred: boolean;
  /** pg_type.typlen: bytes, -1 for variable length, -2 for a C string. */
  readonly length: number;
  /** OID of the array type over this type, 0 if there is none. */
  readonly arrayOid: Oid;
  /** OID of the element type if this is an array type, else 0. */
  readonly elementOid: Oid;
  /**
   * The column type in SQLite (STRICT tables). Floats are stored as ANY: REAL, and NaN as the
   * text 'NaN', which sorts above every number as Postgres has it.
   */
  readonly storage: 'INTEGER' | 'TEXT' | 'BLOB' | 'ANY';
  /**
   * Name of the deterministic SQL function that maps a stored value to a key with the type's order
   * and equality; null if the stored value has them itself. Indexes, comparisons, ORDER BY, GROUP
   * BY and DISTINCT use the key.
   */
  readonly sortKey: string | null;
  /** What the function `sortKey` computes. */
  keyOf?(value: NonNullable<SqliteValue>): SqliteValue;
  /** Its texts have values in them: see countParts(). */
  readonly hasParts?: boolean;
  /** The type's input function. Throws PgError 22P02 and the like, in Postgres' words. */
  parse(text: string, typmod: number, settings: FormatSettings): SqliteValue;
  /** Does the value of a text depend on when it is read? Such a literal is read as the statement runs. */
  isMomentary?(text: string, settings: FormatSettings): boolean;
  /** Input depends on the typmod, beyond what `coerce` does: `'1'` of an interval year. */
  readonly readsTypmod?: boolean;
  /** Reading a text depends on settings, or writing it as well (PG: provolatile is stable). */
  readonly stableText?: 'input' | 'both';
  /** The type's output function. */
  format(value: NonNullable<SqliteValue>, settings: FormatSettings): string;
  /** The type's receive function. Throws PgError 22P03. */
  decode(bytes: Uint8Array, typmod: number): SqliteValue;
  /** The type's send function. */
  encode(value: NonNullable<SqliteValue>): Uint8Array;
  /** `integer` + typmod -> `numeric(10,2)`; without typmod the display name. */
  formatWithTypmod?(typmod: number): string;
  /** Type modifiers of a declaration, as integers, to a typmod; throws 22023. */
  parseTypmod?(modifiers: readonly number[]): number;
  /**
   * Applies the typmod to a value of the type (length coercion: PG 10.4). `isExplicit` casts
   * truncate silently where an assignment raises 22001.
   */
  coerce?(value: NonNullable<SqliteValue>, typmod: number, isExplicit: boolean): SqliteValue;
}
