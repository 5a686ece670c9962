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
  const parts: string[] = [];
  for (const statement of statementsOf(text)) {
    parts.push(`> ${statement.replaceAll('\n', '\n> ')}\n${await answer(client, statement)}`);
  }
  return `${parts.join('\n\n')}\n`;
}

interface ServerError extends Error {
  readonly code?: string;
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly constraint?: string;
}

async function answer(client: pg.Client, statement: string): Promise<string> {
  try {
    const result = await client.query({
      text: statement,
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    const results = Array.isArray(result) ? result : [result];
    return results.map(describe).join('\n');
  } catch (error) {
    const { code, position, message, detail, hint, constraint } = error as ServerError;
    const lines = [`ERROR ${code}${position === undefined ? '' : ` at ${position}`}: ${message}`];
    if (detail !== undefined) lines.push(`DETAIL ${detail}`);
    if (hint !== undefined && !hint.startsWith('Perhaps you meant')) lines.push(`HINT ${hint}`);
    if (constraint !== undefined) lines.push(`CONSTRAINT ${constraint}`);
    return lines.join('\n');
  }
}

function describe(result: pg.QueryArrayResult): string {
  const head = result.fields.map(({ name, dataTypeID }) => `${name}:${dataTypeID}`).join('\t');
  const rows = result.rows.map((row) => row.map(cell).join('\t'));
  const tag = `${result.command ?? ''} ${result.rowCount ?? ''}`.trim();
  return [...(result.fields.length > 0 ? [head] : []), ...rows, tag].join('\n');
}

function cell(value: unknown): string {
  if (value === null) return 'NULL';
  return value === '' ? '(empty)' : String(value);
}
