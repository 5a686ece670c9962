// Reads and writes .golden scripts of DDL: a directive, SQL, `----`, and what came out.
import { readFileSync } from 'node:fs';

export interface GoldenCase {
  readonly comment: string;
  /** `run` or `describe <table>`. */
  readonly directive: string;
  readonly sql: string;
  readonly expected: string;
}

export function readGolden(file: string): readonly GoldenCase[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const [head = '', expected = ''] = block.split(/^----$/m);
      const lines = head.trim().split('\n');
      const comments = lines.filter((line) => line.startsWith('#'));
      const [directive = '', ...sql] = lines.filter((line) => !line.startsWith('#'));
      return {
        comment: comments.join('\n'),
        directive,
        sql: sql.join('\n'),
        expected: expected.trim(),
      };
    });
}

export function formatGolden(cases: readonly GoldenCase[]): string {
  const blocks = cases.map(({ comment, directive, sql, expected }) =>
    [comment, directive, sql, '----', expected].filter((part) => part !== '').join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}

/** A notice or error in one form for both sides. */
export function formatMessage(
  severity: string,
  fields: {
    readonly code: string;
    readonly message: string;
    readonly position?: number | undefined;
    readonly detail?: string | undefined;
    readonly hint?: string | undefined;
  },
): string {
  const at = fields.position === undefined ? '' : ` at ${String(fields.position)}`;
  const lines = [`${severity} ${fields.code}${at}: ${fields.message}`];
  if (fields.detail !== undefined) {
    lines.push(`DETAIL: ${fields.detail.split('\n').sort().join('\nDETAIL: ')}`);
  }
  if (fields.hint !== undefined) lines.push(`HINT: ${fields.hint}`);
  return lines.join('\n');
}
