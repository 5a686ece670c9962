// What is compared of an answer, and how two answers differ.
import { TOTAL_ORDER } from './queries.ts';

export interface AnswerColumn {
  readonly name: string;
  readonly type: number;
  readonly typmod: number;
}

export type Answer =
  | {
      readonly kind: 'rows';
      readonly tag: string;
      readonly columns: readonly AnswerColumn[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly position: number | null;
    }
  /** Something that must not be, such as an exception that is none of the user's. */
  | { readonly kind: 'crash'; readonly message: string };

const FLOATS: ReadonlySet<number> = new Set([700, 701]);
/** Data that does not fit: whether it is met depends on the way that is taken to the rows. */
const DATA = /^(22|54|57|53)/;
/** Rows that are not there, or that nobody asks for: PostgreSQL works constants out all the same. */
const MAY_BE_IDLE =
  /\b(FROM|WHERE|RETURNING|LIMIT|WITH|EXISTS|CASE|coalesce|AND|OR|OFFSET|UNION|VALUES)\b/i;

/** An error of a value that only one of the two has worked out. */
export function isAboutIdleValues(sql: string, what: string): boolean {
  return /^(table: )?(no )?error (22|0A)/.test(what) && MAY_BE_IDLE.test(sql);
}

/** What differs, in a word or two that stay the same for differences of one kind; null: nothing. */
export function difference(sql: string, ours: Answer, theirs: Answer): string | null {
  if (ours.kind === 'crash') return `crash ${shape(ours.message)}`;
  if (theirs.kind === 'crash') return null;
  if (ours.kind === 'error' && theirs.kind === 'error') {
    // With several mistakes, which is met first is open.
    const isOpen =
      DATA.test(ours.code) || DATA.test(theirs.code) || ours.position !== theirs.position;
    if (isOpen && MAY_BE_IDLE.test(sql)) return null;
    if (ours.code === '0A000') return null;
    if (ours.code !== theirs.code)
      return `code ${ours.code} ${shape(ours.message)} / ${theirs.code} ${shape(theirs.message)}`;
    if (ours.message !== theirs.message)
      return `message ${ours.code} ${shape(ours.message)} / ${shape(theirs.message)}`;
    return ours.position === theirs.position
      ? null
      : `position ${ours.code} ${shape(ours.message)}`;
  }
  if (ours.kind === 'error')
    return ours.code === '0A000'
      ? `unsupported ${shape(ours.message)}`
      : `error ${ours.code} ${shape(ours.message)}`;
  if (theirs.kind === 'error')
    return /^5[347]/.test(theirs.code) ? null : `no error ${theirs.code} ${shape(theirs.message)}`;
  if (ours.tag !== theirs.tag) return 'tag';
  const [a, b] = [ours.columns, theirs.columns];
  if (a.length !== b.length || a.some(({ name }, at) => name !== b[at]?.name)) return 'names';
  const types = a.findIndex(({ type }, at) => type !== b[at]?.type);
  if (types !== -1) return `type ${a[types]?.type} / ${b[types]?.type}`;
  const typmod = a.findIndex((column, at) => column.typmod !== b[at]?.typmod);
  if (typmod !== -1) return `typmod of ${a[typmod]?.type}`;
  return rowDifference(sql, ours, theirs);
}

function rowDifference(
  sql: string,
  ours: Extract<Answer, { kind: 'rows' }>,
  theirs: Extract<Answer, { kind: 'rows' }>,
): string | null {
  if (ours.rows.length !== theirs.rows.length) return 'number of rows';
  const isFloat = ours.columns.map(({ type }) => FLOATS.has(type));
  const shown = ({ rows }: typeof ours): string[] =>
    rows.map((row) =>
      JSON.stringify(row.map((value, at) => (isFloat[at] === true ? rounded(value) : value))),
    );
  const [a, b] = [shown(ours), shown(theirs)];
  if (
    sql.includes(TOTAL_ORDER) &&
    a.join('\n') !== b.join('\n') &&
    same(a.toSorted(), b.toSorted())
  )
    return 'order';
  return same(a.toSorted(), b.toSorted())
    ? null
    : `values of ${[...new Set(ours.columns.map(({ type }) => type))].join()}`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.every((each, at) => each === b[at]);
}

/** Floats are added up in another order, and the C library rounds differently. */
function rounded(value: string | null): string | null {
  if (value === null || !/^-?[\d.]+(e[+-]?\d+)?$/.test(value)) return value;
  return Number(value).toPrecision(6);
}

function shape(message: string): string {
  return message
    .replace(/"[^"]*"/g, '""')
    .replace(/\d+/g, '0')
    .slice(0, 120);
}
