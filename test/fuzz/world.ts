// Random tables with rows in them.
import type { Prng } from '../../src/util/prng.ts';
import { Expressions } from './expressions.ts';
import { render } from './tree.ts';
import { COLUMN_TYPES, chance, pick, quote, typeName, valueText } from './literals.ts';
import { isSortable } from './literals.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly declaration: string;
}

export interface Table {
  readonly name: string;
  /** The first is the primary key. */
  readonly columns: readonly Column[];
}

export interface World {
  readonly tables: readonly Table[];
  /** Those that could be made. */
  readonly views: Pick<Table, 'name' | 'columns'>[];
  /** Makes them. */
  readonly statements: readonly string[];
  /** What may fail: constraints and indexes. */
  readonly constraints: readonly string[];
  /** The rows that are there in the beginning; and how they go. */
  readonly fill: readonly string[];
  readonly clear: readonly string[];
}

function declarationOf(prng: Prng, type: string): string {
  if (type === 'varchar' && chance(prng, 60)) return 'varchar(5)';
  if (type === 'bpchar') return chance(prng, 80) ? 'char(4)' : 'char(1)';
  if (type === 'numeric' && chance(prng, 40))
    return pick(prng, ['numeric(10,2)', 'numeric(24,4)', 'numeric(6)']);
  if (type === 'timestamp' && chance(prng, 20)) return 'timestamp(3)';
  if (type === 'timestamptz' && chance(prng, 20)) return 'timestamptz(0)';
  if (type === '_varchar') return 'varchar(5)[]';
  return typeName(type);
}

export function makeTable(prng: Prng, name: string): Table {
  const columns: Column[] = [{ name: 'id', type: 'int4', declaration: 'int4 primary key' }];
  const used = new Map<string, number>();
  for (let left = 5 + prng.integer(4); left > 0; left--) {
    const type = pick(prng, COLUMN_TYPES);
    const count = used.get(type) ?? 0;
    used.set(type, count + 1);
    const base = type.startsWith('_') ? `${type.slice(1)}s` : type;
    const declaration = declarationOf(prng, type);
    columns.push({ name: `${'abcdefghi'[count] ?? 'z'}_${base}`, type, declaration });
  }
  return { name, columns };
}

export function rowsOf(prng: Prng, table: Table): string {
  const rows = Array.from({ length: 4 + prng.integer(5) }, (_row, at) => {
    const values = table.columns.map(({ type, declaration }) => {
      const text = fitting(valueText(prng, type, 18, 12), declaration);
      return text === null ? 'NULL' : quote(text);
    });
    return `(${[String(at + 1), ...values.slice(1)].join(', ')})`;
  });
  return `INSERT INTO ${table.name} VALUES ${rows.join(', ')}`;
}

/** The rows of the beginning are no errors. */
function fitting(text: string | null, declaration: string): string | null {
  if (text === null) return null;
  if (declaration === 'char(1)') return text.slice(0, 1).replace(/[\ud800-\udfff]/, 'x');
  if (/^numeric\(/.test(declaration) && /^(.{8,}|-?Infinity)$/.test(text)) return '7.25';
  return text;
}

function constraintsOf(prng: Prng, tables: readonly Table[]): string[] {
  const found: string[] = [];
  for (const { name, columns } of tables) {
    const column = pick(prng, columns.slice(1));
    if (chance(prng, 40) && isSortable(column.type)) {
      found.push(`CREATE UNIQUE INDEX ${name}_u ON ${name} (${column.name}, id)`);
    }
    if (chance(prng, 40) && isSortable(column.type)) {
      found.push(`CREATE INDEX ${name}_i ON ${name} (${column.name})`);
    }
    if (chance(prng, 30)) {
      found.push(
        `ALTER TABLE ${name} ADD CONSTRAINT ${name}_c CHECK (id < 1000 OR ${column.name} IS NOT NULL)`,
      );
    }
    const [parent] = tables;
    if (parent !== undefined && parent.name !== name && chance(prng, 40)) {
      const action = pick(prng, ['', ' ON DELETE CASCADE', ' ON UPDATE CASCADE ON DELETE CASCADE']);
      found.push(
        `ALTER TABLE ${name} ADD CONSTRAINT ${name}_f FOREIGN KEY (id) REFERENCES ${parent.name}${action}`,
      );
    }
    const expressions = new Expressions(prng);
    const atoms = columns.map((each) => ({ text: each.name, type: each.type }));
    const condition = render(expressions.expression('bool', { atoms, keys: [] }, 2));
    if (chance(prng, 35)) found.push(`ALTER TABLE ${name} ADD CHECK (${condition})`);
    if (chance(prng, 20)) found.push(`CREATE INDEX ON ${name} (id) WHERE ${condition}`);
    if (chance(prng, 40)) {
      const key = expressions.expression(expressions.sortableType(), { atoms, keys: [] }, 2);
      found.push(`CREATE INDEX ON ${name} ((${render(key)}))`);
    }
    if (chance(prng, 20))
      found.push(`ALTER TABLE ${name} ALTER COLUMN ${column.name} SET NOT NULL`);
    if (chance(prng, 20))
      found.push(`ALTER TABLE ${name} ADD CONSTRAINT ${name}_k UNIQUE (${column.name})`);
  }
  return found;
}

export function makeWorld(prng: Prng): World {
  const tables = Array.from({ length: 4 }, (_table, at) => makeTable(prng, `t${at}`));
  return {
    tables,
    views: [],
    statements: tables.map(
      ({ name, columns }) =>
        `CREATE TABLE ${name} (${columns.map((each) => `${each.name} ${each.declaration}`).join(', ')})`,
    ),
    constraints: constraintsOf(prng, tables),
    fill: tables.map((table) => rowsOf(prng, table)),
    clear: tables.map(({ name }) => `DELETE FROM ${name}`).reverse(),
  };
}
