// Runs the statements of a .sql file on a server and writes down what it answered: the same text
// from PostgreSQL and from BalsaDB means the same behaviour.
import type pg from 'pg';

/** Statements of a file: separated by blank lines, comments left out. */
export function statementsOf(text: string): readonly string[] {
  return text
    .split(/\n\s*\n/)
    .map((block) =>
      block
        .split('\n')
        .filter((line) => !line.startsWith('--'))
        .join('\n')
        .trim(),
    )
    .filter((block) => block !== '');
}

export async function transcript(client: pg.Client, text: string): Promise<string> {
  return transcriptOf(statementsOf(text), (statement) => answer(client, statement));
}

/** Statements with what was answered to each. */
export async function transcriptOf(
  statements: readonly string[],
  answerTo: (statement: string) => string | Promise<string>,
): Promise<string> {
  const parts: string[] = [];
  for (const statement of statements) {
    parts.push(`> ${statement.replaceAll('\n', '\n> ')}\n${await answerTo(statement)}`);
  }
  return `${parts.join('\n\n')}\n`;
}

export interface ServerError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly position?: string | number | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly constraint?: string | undefined;
}

/** What PostgreSQL, or anything that speaks its protocol, answers. */
export async function answer(client: pg.Client, statement: string): Promise<string> {
  try {
    const result = await client.query({
      text: statement,
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    const results = Array.isArray(result) ? result : [result];
    return results.map(describe).join('\n');
  } catch (error) {
    return describeError(error as ServerError);
  }
}

export function describeError(error: ServerError): string {
  const { code, position, message, detail, hint, constraint } = error;
  const lines = [`ERROR ${code}${position === undefined ? '' : ` at ${position}`}: ${message}`];
  if (detail !== undefined) lines.push(`DETAIL ${detail}`);
  if (hint !== undefined && !hint.startsWith('Perhaps you meant')) lines.push(`HINT ${hint}`);
  if (constraint !== undefined) lines.push(`CONSTRAINT ${constraint}`);
  return lines.join('\n');
}

export interface DescribedResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly command: string | null;
  readonly rowCount: number | null;
}

export function describe(result: DescribedResult): string {
  const head = result.fields.map(({ name, dataTypeID }) => `${name}:${dataTypeID}`).join('\t');
  const rows = result.rows.map((row) => row.map(cell).join('\t'));
  const tag = `${result.command ?? ''} ${result.rowCount ?? ''}`.trim();
  return [...(result.fields.length > 0 ? [head] : []), ...rows, tag].join('\n');
}

function cell(value: unknown): string {
  if (value === null) return 'NULL';
  return value === '' ? '(empty)' : String(value);
}
