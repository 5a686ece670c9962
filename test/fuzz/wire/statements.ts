// Random statements as clients of the wire protocol send them: short, with rows in a certain order,
// of all types; and those that change what the session is in.
import { typeByName } from '../../../src/types/registry.ts';
import type { Prng } from '../../../src/util/prng.ts';
import { COLUMN_TYPES, chance, literal, pick, quote, typeName, valueText } from '../literals.ts';
import type { Table } from '../world.ts';

export interface Template {
  readonly sql: string;
  /** Names of the types of its parameters. */
  readonly parameters: readonly string[];
  /** Of the rows that it gives; null: it gives none. */
  readonly columnCount: number | null;
  /** It is COPY FROM STDIN of this table. */
  readonly copyTo?: Table;
}

/** Names are few, so that they meet: of statements, and of portals and cursors. */
export const STATEMENT_NAMES = ['', '', '', 's1', 's2', 'S 3'];
export const PORTAL_NAMES = ['', '', '', 'p1', 'p2'];
const CURSOR_NAMES = ['c1', 'c2'];
const SAVEPOINTS = ['a', 'b'];

const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  datestyle: ['ISO, MDY', 'ISO, DMY', 'iso', 'ymd', 'nonsense'],
  intervalstyle: ['postgres', 'postgres', '7'],
  timezone: ['UTC', 'Europe/Berlin', '+3', 'Nowhere/Else'],
  bytea_output: ['hex', 'escape'],
  extra_float_digits: ['0', '1', '-3', '9'],
  application_name: ['app', ''],
  client_min_messages: ['notice', 'warning', 'error'],
  search_path: ['public', 'pg_catalog', 'public, pg_temp'],
  standard_conforming_strings: ['on'],
  client_encoding: ['UTF8'],
  work_mem: ['4MB', '64kB', '-1'],
  'my.own': ['x', ''],
};

const ERRORS: readonly string[] = [
  'SELEC 1',
  'SELECT 1 FROM',
  'SELECT nothing FROM t0',
  'SELECT * FROM nothing',
  "SELECT 'x'::int4",
  'SELECT 1::nothing',
  'SELECT nothing(1)',
  'SELECT 1 + true',
  'INSERT INTO nothing VALUES (1)',
  'INSERT INTO t0 (nothing) VALUES (1)',
  'UPDATE nothing SET a = 1',
  'DROP TABLE nothing',
  'SELECT id, count(*) FROM t0',
  "SELECT 'unfinished",
  'SET nothing TO 1',
  'SHOW nothing',
  'EXECUTE nothing',
  'DEALLOCATE nothing',
  'FETCH 1 FROM nothing',
  'CLOSE nothing',
  'COPY nothing TO STDOUT',
  'COPY nothing FROM STDIN',
  'COPY t0 (nothing) TO STDOUT',
  'SELECT $1 + $2',
  'SELECT $0',
  'SELECT ($1)',
  'SELECT $2::int4',
];

/** Parameters of a statement, numbered as they come. */
class Parameters {
  readonly types: string[] = [];
  readonly #prng: Prng;
  readonly #may: boolean;

  constructor(prng: Prng, may: boolean) {
    this.#prng = prng;
    this.#may = may;
  }

  /** `$1`, `$1::type`, or a literal. */
  value(type: string, isKnownThere: boolean): string {
    if (!this.#may || chance(this.#prng, 25)) return literal(this.#prng, type, 8, 25);
    this.types.push(type);
    const cast = isKnownThere && chance(this.#prng, 60) ? '' : `::${typeName(type)}`;
    return `$${this.types.length}${cast}`;
  }
}

export class Statements {
  readonly #prng: Prng;
  readonly #tables: readonly Table[];
  #made = 0;

  constructor(prng: Prng, tables: readonly Table[]) {
    this.#prng = prng;
    this.#tables = tables;
  }

  /** `isPlain`: SELECT, INSERT, UPDATE, DELETE. */
  any(mayHaveParameters: boolean): Template {
    const prng = this.#prng;
    const roll = prng.integer(100);
    if (roll < 50) return this.plain(mayHaveParameters);
    if (roll < 64) return { sql: this.transaction(), parameters: [], columnCount: null };
    if (roll < 72) return this.#setting();
    if (roll < 82) return this.#cursor();
    if (roll < 88) return this.#prepared();
    if (roll < 92) return this.#copy();
    if (roll < 95) return { sql: this.schemaChange(), parameters: [], columnCount: null };
    if (roll < 98) return { sql: pick(prng, ERRORS), parameters: [], columnCount: 1 };
    return { sql: pick(prng, SESSION), parameters: [], columnCount: null };
  }

  plain(mayHaveParameters: boolean): Template {
    const roll = this.#prng.integer(20);
    const parameters = new Parameters(this.#prng, mayHaveParameters);
    if (roll < 6) return this.#selectFrom(parameters);
    if (roll < 9) return this.#selectValues(parameters);
    if (roll < 12) return this.#series(parameters);
    if (roll < 13) return this.#failing();
    if (roll < 16) return this.#insert(parameters);
    if (roll < 18) return this.#update(parameters);
    if (roll < 19) return this.#delete(parameters);
    return {
      sql: pick(this.#prng, ['', '', ';', '-- nothing', ' ']),
      parameters: [],
      columnCount: null,
    };
  }

  #selectFrom(parameters: Parameters): Template {
    const prng = this.#prng;
    const { name, columns } = pick(prng, this.#tables);
    const wanted = columns.filter(() => chance(prng, 60));
    const isAll = chance(prng, 30);
    const list = isAll ? '*' : wanted.map((column) => column.name).join(', ');
    let sql = `SELECT ${list} FROM ${name}`;
    if (chance(prng, 50))
      sql += ` WHERE id ${pick(prng, ['=', '>', '<>'])} ${parameters.value('int4', true)}`;
    const column = pick(prng, columns);
    if (chance(prng, 20))
      sql += `${sql.includes('WHERE') ? ' AND' : ' WHERE'} ${parameters.value(column.type, false)} IS NULL`;
    sql += ' ORDER BY id';
    if (chance(prng, 15)) sql += ` LIMIT ${parameters.value('int8', true)}`;
    const columnCount = isAll ? columns.length : wanted.length;
    return { sql, parameters: parameters.types, columnCount };
  }

  #selectValues(parameters: Parameters): Template {
    const prng = this.#prng;
    const types = Array.from({ length: 1 + prng.integer(4) }, () => pick(prng, COLUMN_TYPES));
    const items = types.map((type, at) => {
      const name = chance(prng, 30) ? ` AS c${at}` : '';
      return `${parameters.value(type, chance(prng, 15))}${name}`;
    });
    return {
      sql: `SELECT ${items.join(', ')}`,
      parameters: parameters.types,
      columnCount: types.length,
    };
  }

  #series(parameters: Parameters): Template {
    const prng = this.#prng;
    const from = chance(prng, 50);
    const end = chance(prng, 80) ? String(2 + prng.integer(6)) : parameters.value('int4', true);
    const sql = from
      ? `SELECT g, g::text || 'x' FROM generate_series(1, ${end}) g`
      : `VALUES (1, 'one'), (2, 'two'), (3, NULL)`;
    return { sql, parameters: parameters.types, columnCount: 2 };
  }

  /** In its first row, as PostgreSQL sends the rows before the one that fails. */
  #failing(): Template {
    const sql = pick(this.#prng, [
      'SELECT 10 / (id - 1) FROM t1 ORDER BY id',
      'SELECT id, v::int4 FROM t1 ORDER BY id',
    ]);
    return { sql, parameters: [], columnCount: 1 };
  }

  #returning(table: Table): { readonly text: string; readonly columnCount: number | null } {
    const prng = this.#prng;
    if (chance(prng, 65)) return { text: '', columnCount: null };
    return chance(prng, 50)
      ? { text: ' RETURNING *', columnCount: table.columns.length }
      : { text: ' RETURNING id', columnCount: 1 };
  }

  #insert(parameters: Parameters): Template {
    const prng = this.#prng;
    const table = pick(prng, this.#tables);
    const { text, columnCount } = this.#returning(table);
    const key = chance(prng, 70) ? String(10 + this.#made++) : parameters.value('int4', true);
    const values = table.columns.slice(1).map(({ type }) => parameters.value(type, true));
    const conflict = chance(prng, 20)
      ? pick(prng, [' ON CONFLICT DO NOTHING', ' ON CONFLICT (id) DO UPDATE SET id = excluded.id'])
      : '';
    const sql = `INSERT INTO ${table.name} VALUES (${[key, ...values].join(', ')})${conflict}${text}`;
    return { sql, parameters: parameters.types, columnCount };
  }

  #update(parameters: Parameters): Template {
    const prng = this.#prng;
    const table = pick(prng, this.#tables);
    const { text, columnCount } = this.#returning(table);
    const column = pick(prng, table.columns.slice(1));
    const value = parameters.value(column.type, true);
    const sql = `UPDATE ${table.name} SET ${column.name} = ${value} WHERE id = ${parameters.value('int4', true)}${text}`;
    return { sql, parameters: parameters.types, columnCount };
  }

  #delete(parameters: Parameters): Template {
    const table = pick(this.#prng, this.#tables);
    const { text, columnCount } = this.#returning(table);
    const sql = `DELETE FROM ${table.name} WHERE id = ${parameters.value('int4', true)}${text}`;
    return { sql, parameters: parameters.types, columnCount };
  }

  transaction(): string {
    const name = pick(this.#prng, SAVEPOINTS);
    return pick(this.#prng, [
      'BEGIN',
      'BEGIN',
      'BEGIN',
      'COMMIT',
      'COMMIT',
      'ROLLBACK',
      'ROLLBACK',
      'START TRANSACTION READ ONLY',
      'COMMIT AND CHAIN',
      'ROLLBACK AND CHAIN',
      `SAVEPOINT ${name}`,
      `SAVEPOINT ${name}`,
      `ROLLBACK TO ${name}`,
      `ROLLBACK TO ${name}`,
      `RELEASE ${name}`,
      'SET TRANSACTION READ ONLY',
    ]);
  }

  #setting(): Template {
    const prng = this.#prng;
    const name = pick(prng, Object.keys(SETTINGS));
    const value = pick(prng, SETTINGS[name] as readonly string[]);
    if (chance(prng, 30)) return { sql: `SHOW ${name}`, parameters: [], columnCount: 1 };
    const sql = pick(prng, [
      `SET ${name} TO ${listed(name, value)}`,
      `SET ${name} TO ${listed(name, value)}`,
      `SET LOCAL ${name} TO ${listed(name, value)}`,
      `RESET ${name}`,
      `SET ${name} TO DEFAULT`,
    ]);
    return { sql, parameters: [], columnCount: null };
  }

  #cursor(): Template {
    const prng = this.#prng;
    const name = pick(prng, CURSOR_NAMES);
    const roll = prng.integer(10);
    if (roll < 3) {
      const query = pick(prng, [
        'SELECT g FROM generate_series(1, 5) g',
        'SELECT * FROM t1 ORDER BY id',
        `SELECT * FROM t0 ORDER BY id`,
      ]);
      const before = pick(prng, ['', '', ' BINARY', ' SCROLL', ' NO SCROLL']);
      const hold = pick(prng, ['', '', ' WITH HOLD']);
      const sql = `DECLARE ${name}${before} CURSOR${hold} FOR ${query}`;
      return { sql, parameters: [], columnCount: null };
    }
    if (roll < 9) {
      const what = pick(prng, ['FETCH', 'FETCH', 'MOVE']);
      const how = pick(prng, [
        'NEXT',
        '1',
        '2',
        'ALL',
        '0',
        'PRIOR',
        'FIRST',
        'LAST',
        'ABSOLUTE 2',
        'ABSOLUTE -1',
        'RELATIVE 2',
        'RELATIVE -1',
        'BACKWARD 2',
        'BACKWARD ALL',
        'FORWARD ALL',
      ]);
      return { sql: `${what} ${how} FROM ${name}`, parameters: [], columnCount: 1 };
    }
    return { sql: pick(prng, [`CLOSE ${name}`, 'CLOSE ALL']), parameters: [], columnCount: null };
  }

  #prepared(): Template {
    const prng = this.#prng;
    const name = pick(prng, ['s1', 's2', '"S 3"']);
    const roll = prng.integer(10);
    if (roll < 3) {
      const { sql, parameters } = this.plain(true);
      const types =
        parameters.length > 0 && chance(prng, 60)
          ? ` (${parameters.map((type) => (chance(prng, 80) ? typeName(type) : 'unknown')).join(', ')})`
          : '';
      if (!/^[A-Z]/.test(sql))
        return { sql: `PREPARE ${name} AS SELECT 7`, parameters: [], columnCount: null };
      return { sql: `PREPARE ${name}${types} AS ${sql}`, parameters: [], columnCount: null };
    }
    if (roll < 8) {
      const values = Array.from({ length: prng.integer(3) }, () =>
        literal(prng, pick(prng, ['int4', 'text', 'int4', 'bool'])),
      );
      const list = values.length === 0 ? '' : ` (${values.join(', ')})`;
      return { sql: `EXECUTE ${name}${list}`, parameters: [], columnCount: 1 };
    }
    return {
      sql: pick(prng, [`DEALLOCATE ${name}`, 'DEALLOCATE ALL']),
      parameters: [],
      columnCount: null,
    };
  }

  #copy(): Template {
    const prng = this.#prng;
    const table = pick(prng, this.#tables);
    if (chance(prng, 50)) return this.copyFrom();
    const what = `(SELECT * FROM ${table.name} ORDER BY id)`;
    const options = pick(prng, ['', '', ' (FORMAT csv, HEADER)', ' (FORMAT binary)']);
    const sql = `COPY ${what} TO STDOUT${options}`;
    return { sql, parameters: [], columnCount: null };
  }

  copyFrom(): Template {
    const table = pick(this.#prng, this.#tables);
    const options = pick(this.#prng, ['', '', ' (FORMAT csv)']);
    const sql = `COPY ${table.name} FROM STDIN${options}`;
    return { sql, parameters: [], columnCount: null, copyTo: table };
  }

  schemaChange(): string {
    const prng = this.#prng;
    const { columns } = pick(prng, this.#tables);
    const name = pick(prng, ['t0', 't1']);
    return pick(prng, [
      'CREATE TABLE t2 (id int4 PRIMARY KEY, w text)',
      'DROP TABLE t2',
      'DROP TABLE IF EXISTS t2',
      `ALTER TABLE ${name} ADD COLUMN extra${prng.integer(3)} ${typeName(pick(prng, COLUMN_TYPES))}`,
      `ALTER TABLE ${name} DROP COLUMN ${pick(prng, columns).name}`,
      'ALTER TABLE t1 ALTER COLUMN v TYPE varchar(20)',
      'ALTER TABLE t1 ALTER COLUMN n TYPE int8',
      'ALTER TABLE t1 RENAME COLUMN v TO w',
      'ALTER TABLE t1 RENAME TO t3',
      'ALTER TABLE t3 RENAME TO t1',
      `CREATE INDEX i0 ON ${name} (id)`,
      'DROP INDEX i0',
      'CREATE VIEW w0 AS SELECT id FROM t1',
      'DROP VIEW w0',
      'TRUNCATE t1',
      'CREATE TABLE t2 AS SELECT id, v FROM t1',
    ]);
  }
}

const SESSION = [
  'DISCARD ALL',
  'DISCARD PLANS',
  'DISCARD TEMP',
  'LISTEN x',
  'UNLISTEN x',
  'UNLISTEN *',
  "NOTIFY x, 'payload'",
  'NOTIFY x',
  'LOCK TABLE t1',
  'VACUUM',
  'SELECT id FROM t1 ORDER BY id FOR UPDATE',
];

function listed(name: string, value: string): string {
  return name === 'search_path' ? value : quote(value);
}

/** The text of a value as a client gives it. */
export function someText(prng: Prng, type: string): string | null {
  return valueText(prng, type, 10, 30);
}

const FORMAT = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
} as const;

/** The binary form of a text; null: it has none. */
export function binaryOf(type: string, text: string): Buffer | null {
  const definition = typeByName(type);
  try {
    const value = definition?.parse(text, -1, FORMAT) ?? null;
    return definition === null || value === null ? null : Buffer.from(definition.encode(value));
  } catch {
    return null;
  }
}
