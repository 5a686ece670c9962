// Random programs of messages: mostly sensible cycles, with what is wrong thrown in.
import { typeByName } from '../../../src/types/registry.ts';
import { Prng } from '../../../src/util/prng.ts';
import { SCALARS, chance, pick, strangeText } from '../literals.ts';
import { makeTable, rowsOf } from '../world.ts';
import type { Table } from '../world.ts';
import type { Message, Program, Step } from './program.ts';
import { PORTAL_NAMES, STATEMENT_NAMES, Statements, binaryOf, someText } from './statements.ts';
import type { Template } from './statements.ts';

type Value = string | null | { readonly hex: string };

const FIXED: Table = {
  name: 't1',
  columns: [
    { name: 'id', type: 'int4', declaration: 'int4 primary key' },
    { name: 'v', type: 'text', declaration: 'text not null' },
    { name: 'n', type: 'int4', declaration: 'int4 check (n < 100)' },
  ],
};
const FILL_FIXED = "INSERT INTO t1 VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', NULL)";

function line(name: string, fields: object | null = null): Message {
  return { line: fields === null ? name : `${name} ${JSON.stringify(fields)}` };
}

const SYNC = line('Sync');
const FLUSH = line('Flush');

/** Before the first row: behind it, it depends on when the row is looked at. */
const UNEXPECTED: readonly Message[] = [
  SYNC,
  FLUSH,
  SYNC,
  { statements: ['SELECT 1'], end: '' },
  line('Parse', { text: 'SELECT 1' }),
];

class Generator {
  readonly #prng: Prng;
  readonly #statements: Statements;
  /** What the names stand for, as far as it can be known. */
  readonly #prepared = new Map<string, Template>();
  readonly #portals = new Map<string, Template>();

  constructor(prng: Prng, tables: readonly Table[]) {
    this.#prng = prng;
    this.#statements = new Statements(prng, tables);
  }

  step(): Step {
    const prng = this.#prng;
    const roll = prng.integer(100);
    const cut = chance(prng, 15) ? prng.integer(100) : null;
    if (roll < 8) {
      const sql = chance(prng, 75)
        ? this.#statements.schemaChange()
        : this.#statements.plain(false).sql;
      return { on: 1, messages: [{ statements: [sql], end: '' }], cut };
    }
    if (roll < 34) return { on: 0, messages: this.#query(), cut };
    if (roll < 40) return { on: 0, messages: this.#copyIn(), cut };
    if (roll < 43) return { on: 0, messages: this.#stray(), cut };
    return { on: 0, messages: this.#cycle(), cut };
  }

  #query(): Message[] {
    const prng = this.#prng;
    const templates = Array.from({ length: chance(prng, 55) ? 1 : 2 + prng.integer(4) }, () =>
      this.#statements.any(false),
    );
    const end = chance(prng, 15) ? ';' : '';
    const query: Message = { statements: templates.map(({ sql }) => sql), end };
    const copies = templates.flatMap(({ copyTo }) =>
      copyTo === undefined || chance(prng, 10) ? [] : this.#rows(copyTo),
    );
    return [query, ...copies];
  }

  #copyIn(): Message[] {
    const template = this.#statements.copyFrom();
    const rows = this.#rows(template.copyTo as Table);
    if (chance(this.#prng, 60)) return [{ statements: [template.sql], end: '' }, ...rows];
    const parse = line('Parse', { text: template.sql });
    const sync = chance(this.#prng, 50) ? [SYNC] : [];
    return [parse, line('Bind', {}), line('Execute', {}), ...sync, ...rows, SYNC];
  }

  /**
   * What COPY FROM is sent, and now and then what it should not be sent. The constraints of rows are
   * looked at with the last of them, and by PostgreSQL with each: no row is against one.
   */
  #rows({ name, columns }: Table): Message[] {
    const prng = this.#prng;
    const isFixed = name === FIXED.name;
    const messages: Message[] = [];
    if (chance(prng, 10)) messages.push(pick(prng, UNEXPECTED));
    for (let left = prng.integer(4); left > 0; left--) {
      const values = columns.map(({ type }, at) => {
        if (at === 0) return String(20 + prng.integer(40));
        if (isFixed) return at === 1 ? 'text' : pick(prng, ['5', '\\N']);
        const text = chance(prng, 3) ? strangeText(prng, type) : someText(prng, type);
        return text === null ? '\\N' : text.replace(/[\\\n\t]/g, '\\$&');
      });
      const row = `${values.slice(chance(prng, 5) ? 1 : 0).join('\t')}\n`;
      const at = chance(prng, 20) ? prng.integer(row.length) : 0;
      for (const piece of [row.slice(0, at), row.slice(at)]) {
        if (piece !== '' || chance(prng, 5))
          messages.push({ line: `CopyData ${JSON.stringify(piece)}` });
      }
      if (chance(prng, 8)) messages.push(FLUSH);
    }
    if (chance(prng, 10)) messages.push({ line: `CopyData ${JSON.stringify('\\.\n')}` });
    const roll = prng.integer(100);
    if (roll < 75) messages.push({ line: 'CopyDone' });
    else if (roll < 92) messages.push({ line: 'CopyFail a reason' });
    return messages;
  }

  #stray(): Message[] {
    const prng = this.#prng;
    return Array.from({ length: 1 + prng.integer(3) }, () =>
      pick<Message>(prng, [
        SYNC,
        FLUSH,
        { line: 'CopyData "1\\t2\\n"' },
        { line: 'CopyDone' },
        { line: 'CopyFail why' },
        line('Close', { type: 'S', name: 'nothing' }),
        line('Close', { type: 'P', name: 'nothing' }),
        line('Describe', { type: 'S', name: 'nothing' }),
        { line: 'Message D 58610' + '0' },
        { line: 'Message P 0000' },
        { line: 'Message Q 53454c454354' },
        { line: 'Message B 00' },
        { line: 'Message S 00' },
      ]),
    );
  }

  #cycle(): Message[] {
    const prng = this.#prng;
    const messages: Message[] = [];
    for (let left = 1 + prng.integer(4); left > 0; left--) messages.push(...this.#part());
    const roll = prng.integer(100);
    if (roll < 84) messages.push(SYNC);
    else if (roll < 92) messages.push(FLUSH);
    return messages;
  }

  /** Parse, Bind, Describe, Execute: all, or some of them. */
  #part(): Message[] {
    const prng = this.#prng;
    const roll = prng.integer(100);
    if (roll < 55) return this.#whole();
    if (roll < 65) return this.#parse(pick(prng, STATEMENT_NAMES), this.#statements.any(true));
    if (roll < 78) {
      const statement = this.#knownStatement();
      const portal = pick(prng, PORTAL_NAMES);
      return [...this.#bind(portal, statement), ...this.#maybe(70, () => this.#execute(portal))];
    }
    if (roll < 86) return this.#execute(this.#knownPortal());
    if (roll < 90) return [this.#describe()];
    if (roll < 94) return [this.#close()];
    if (roll < 96) return [FLUSH];
    if (roll < 97) return [SYNC];
    return this.#query();
  }

  #maybe(percent: number, make: () => Message[]): Message[] {
    return chance(this.#prng, percent) ? make() : [];
  }

  #whole(): Message[] {
    const prng = this.#prng;
    const template = this.#statements.any(true);
    const name = pick(prng, STATEMENT_NAMES);
    const portal = pick(prng, PORTAL_NAMES);
    const described = (type: 'S' | 'P', of: string): Message[] =>
      this.#maybe(30, () => [line('Describe', { type, name: of })]);
    return [
      ...this.#parse(name, template),
      ...described('S', name),
      ...this.#bind(portal, name),
      ...described('P', portal),
      ...this.#execute(portal),
      ...this.#maybe(15, () => this.#execute(portal)),
      ...this.#maybe(template.copyTo === undefined ? 0 : 90, () =>
        this.#rows(template.copyTo as Table),
      ),
      ...this.#maybe(name === '' ? 0 : 25, () => [line('Close', { type: 'S', name })]),
    ];
  }

  #knownStatement(): string {
    const known = [...this.#prepared.keys()];
    return known.length > 0 && chance(this.#prng, 92) ? pick(this.#prng, known) : 's2';
  }

  #knownPortal(): string {
    const known = [...this.#portals.keys()];
    return known.length > 0 && chance(this.#prng, 90) ? pick(this.#prng, known) : 'p2';
  }

  #parse(name: string, template: Template): Message[] {
    const prng = this.#prng;
    const oids = template.parameters.map((type) => typeByName(type)?.oid ?? 0);
    const types = oids.map((oid) => {
      const roll = prng.integer(100);
      if (roll < 50) return oid;
      return roll < 90 ? 0 : pick(prng, [705, 25, 23, typeByName(pick(prng, SCALARS))?.oid ?? 0]);
    });
    if (chance(prng, 3)) types.push(pick(prng, [23, 0, 25]));
    this.#prepared.set(name, template);
    const text = template.sql;
    const fields = chance(prng, 50) ? { name, text, types } : { name, text };
    return [line('Parse', fields)];
  }

  #bind(portal: string, statement: string): Message[] {
    const prng = this.#prng;
    const template = this.#prepared.get(statement);
    const parameters = template?.parameters ?? [];
    if (template !== undefined) this.#portals.set(portal, template);
    const isUniform = chance(prng, 50);
    const uniform = chance(prng, 50) ? 1 : 0;
    const formats = parameters.map(() => (isUniform ? uniform : prng.integer(2)));
    const values = parameters.map((type, at) => this.#value(type, formats[at] as number));
    if (chance(prng, 2)) values.push('1');
    if (chance(prng, 2)) values.pop();
    const codes = isUniform && chance(prng, 50) ? formats.slice(0, 1) : formats;
    if (chance(prng, 2)) codes.push(0);
    const fields = {
      portal,
      statement,
      values,
      formats: isUniform && uniform === 0 && chance(prng, 50) ? [] : codes,
      results: this.#resultFormats(template?.columnCount ?? 0),
    };
    return [line('Bind', fields)];
  }

  #resultFormats(count: number): readonly number[] {
    const prng = this.#prng;
    const roll = prng.integer(100);
    if (roll < 45) return [];
    if (roll < 75) return [1];
    if (roll < 80) return [0];
    return Array.from({ length: roll < 97 ? count : count + 1 }, () => prng.integer(2));
  }

  #value(type: string, format: number): Value {
    const prng = this.#prng;
    if (format === 0) return chance(prng, 8) ? strangeText(prng, type) : someText(prng, type);
    const text = someText(prng, type);
    const bytes = text === null ? null : binaryOf(type, text);
    if (bytes === null) return null;
    return { hex: (chance(prng, 8) ? this.#damaged(bytes) : bytes).toString('hex') };
  }

  #damaged(bytes: Buffer): Buffer {
    const prng = this.#prng;
    const at = prng.integer(bytes.length + 1);
    const roll = prng.integer(3);
    if (roll === 0) return bytes.subarray(0, at);
    if (roll === 1) return Buffer.concat([bytes, Buffer.alloc(1 + prng.integer(4))]);
    const changed = Buffer.from(bytes);
    if (at < changed.length) changed[at] = prng.integer(256);
    return changed;
  }

  #execute(portal: string): Message[] {
    const prng = this.#prng;
    const rows = chance(prng, 35) ? 1 + prng.integer(3) : 0;
    return [line('Execute', rows === 0 ? { portal } : { portal, rows })];
  }

  #describe(): Message {
    return chance(this.#prng, 50)
      ? line('Describe', { type: 'S', name: this.#knownStatement() })
      : line('Describe', { type: 'P', name: this.#knownPortal() });
  }

  #close(): Message {
    if (chance(this.#prng, 50)) return line('Close', { type: 'S', name: this.#knownStatement() });
    const name = this.#knownPortal();
    this.#portals.delete(name);
    return line('Close', { type: 'P', name });
  }
}

export function makeProgram(seed: number): Program {
  const prng = new Prng(seed);
  const table = makeTable(prng, 't0');
  const tables = [table, FIXED];
  const declared = tables.map(
    ({ name, columns }) =>
      `CREATE TABLE ${name} (${columns.map((each) => `${each.name} ${each.declaration}`).join(', ')})`,
  );
  const setup = [...declared, rowsOf(prng, table), FILL_FIXED];
  const generator = new Generator(prng, tables);
  const steps = Array.from({ length: 4 + prng.integer(16) }, () => generator.step());
  return { setup, tables: ['t0', 't1'], steps };
}
