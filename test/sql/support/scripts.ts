// Scripts of SQL with what PostgreSQL 15 answered to each statement, beside them in .expected files
// (record.ts). Differences that are known stand in .differs files, with the reason. Those of
// test/sql/session are about what a session does, and run through one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const DIRECTORIES = ['..', '../session', '../../types'].map((path) =>
  resolve(import.meta.dirname, path),
);

export interface Script {
  readonly name: string;
  readonly file: string;
  readonly expectedFile: string;
  readonly differsFile: string;
  readonly isOfSession: boolean;
}

export function scripts(): readonly Script[] {
  return DIRECTORIES.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.sql'))
      .map((name) => {
        const base = join(directory, name.replace(/\.sql$/, ''));
        return {
          name: name.replace(/\.sql$/, ''),
          file: `${base}.sql`,
          expectedFile: `${base}.expected`,
          differsFile: `${base}.differs`,
          isOfSession: directory.endsWith('session'),
        };
      }),
  );
}

/** Statements end with a semicolon at the end of a line; lines that begin with -- are comments. */
export function statementsOfScript(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** Answers by statement: each block begins with its statement. */
export function blocksOf(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split(/\n\n(?=[>#] )/)
    .map((block) => block.replace(/^(?:#.*\n)+/, '').trimEnd());
}
