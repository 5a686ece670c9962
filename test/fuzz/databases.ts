// The two databases that statements run on: BalsaDB in this process and PostgreSQL.
import pg from 'pg';
import { PgError } from '../../src/errors/pg-error.ts';
import { compile } from '../../src/sql/compile.ts';
import { parse } from '../../src/sql/parse/parse.ts';
import { mustType } from '../../src/types/registry.ts';
import { must } from '../../src/util/assert.ts';
import { Engine } from '../sql/support/engine.ts';
import type { Answer } from './answer.ts';
import type { Parameter } from './expressions.ts';

export interface Database {
  answer(sql: string, parameters?: readonly Parameter[]): Promise<Answer>;
  close(): Promise<void>;
}

export class Balsa implements Database {
  #engine = new Engine();

  answer(sql: string, parameters: readonly Parameter[] = []): Promise<Answer> {
    return Promise.resolve(this.#answer(sql, parameters));
  }

  #answer(sql: string, parameters: readonly Parameter[]): Answer {
    const engine = this.#engine;
    try {
      const statement = must(parse(sql)[0], 'a statement');
      const settings = engine.formatSettings();
      const { parameterTypes } = compile(statement, [], engine.catalog, engine.compileSettings());
      const values = parameters.map(({ text }, at) =>
        text === null ? null : mustType(parameterTypes[at] ?? 25).parse(text, -1, settings),
      );
      const ran = engine.run(statement, values);
      if (typeof ran === 'string')
        return { kind: 'rows', tag: ran.split(' ')[0] ?? '', columns: [], rows: [] };
      const { plan, result } = ran;
      const columns = (plan.columns ?? []).map(({ name, type, typmod }) => ({
        name,
        type,
        typmod,
      }));
      const rows = (columns.length === 0 ? [] : (result.rows ?? [])).map((row) =>
        row.map((value, at) =>
          value === null ? null : shownTwice(must(columns[at], 'a column').type, value, settings),
        ),
      );
      const count = plan.tag.hasCount ? ` ${result.count}` : '';
      return { kind: 'rows', tag: `${plan.tag.name.split(' ')[0]}${count}`, columns, rows };
    } catch (error) {
      if (!(error instanceof PgError)) {
        return {
          kind: 'crash',
          message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        };
      }
      const { code, message, fields } = error;
      if (code === 'XX000') return { kind: 'crash', message };
      return { kind: 'error', code, message, position: fields.position ?? null };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A value as its output function has it; its binary form must lead to the same. */
function shownTwice(
  type: number,
  value: Parameters<ReturnType<typeof mustType>['format']>[0],
  settings: Parameters<ReturnType<typeof mustType>['format']>[1],
): string {
  const definition = mustType(type);
  const text = definition.format(value, settings);
  const again = definition.decode(definition.encode(value), -1);
  const other = again === null ? null : definition.format(again, settings);
  return other === text ? text : `${text} (binary: ${other})`;
}

export class Postgres implements Database {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** PGHOST, PGPORT and PGUSER say where. The database is made anew. */
  static async open(name: string): Promise<Postgres> {
    const admin = new pg.Client({ database: 'postgres' });
    await admin.connect();
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    const client = new pg.Client({ database: name });
    await client.connect();
    await client.query("SET timezone = 'UTC'; SET statement_timeout = '3s'; SET jit = off");
    return new Postgres(client);
  }

  async answer(sql: string, parameters: readonly Parameter[] = []): Promise<Answer> {
    try {
      const result = await this.#client.query({
        text: sql,
        rowMode: 'array',
        values: parameters.map(({ text }) => text),
        types: { getTypeParser: () => (value: string) => value },
      });
      const columns = result.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        type: dataTypeID,
        typmod: dataTypeModifier,
      }));
      const count = result.rowCount === null ? '' : ` ${result.rowCount}`;
      return {
        kind: 'rows',
        tag: `${result.command}${count}`,
        columns,
        rows: result.rows as (string | null)[][],
      };
    } catch (error) {
      const { code, message, position } = error as {
        code?: string;
        message: string;
        position?: string;
      };
      if (code === undefined) return { kind: 'crash', message };
      return {
        kind: 'error',
        code,
        message,
        position: position === undefined ? null : Number(position),
      };
    }
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
