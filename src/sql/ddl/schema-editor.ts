// A change of the schema in the making: the catalog as it is so far, the changes of rows, and the
// SQLite statements, in the order in which they must run.
import type { Catalog, CatalogChange, CatalogRow, Relation } from '../../catalog/catalog.ts';
import { changeStatement } from '../../catalog/catalog-table.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { must } from '../../util/assert.ts';
import type { CompileSettings, Notice, PlanStep, QueryPlan } from '../plan.ts';

/** Of catalog tables: which columns of theirs name tables that such a row is part of. */
const TABLE_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  pg_class: ['oid'],
  pg_attribute: ['attrelid'],
  pg_attrdef: ['adrelid'],
  pg_constraint: ['conrelid', 'confrelid'],
  pg_index: ['indrelid'],
};

export class SchemaEditor {
  readonly settings: CompileSettings;
  /** The query string: positions count in it. */
  readonly source: string;
  readonly #original: Catalog;
  readonly #changes: CatalogChange[] = [];
  readonly #steps: PlanStep[] = [];
  readonly #notices: Notice[] = [];
  readonly #reads = new Set<Oid>();
  readonly #writes = new Set<Oid>();
  readonly #settingNames = new Set<string>();
  #isVolatile = false;
  #catalog: Catalog;
  #nextOid: Oid;

  constructor(catalog: Catalog, settings: CompileSettings, source: string) {
    this.settings = settings;
    this.source = source;
    this.#original = catalog;
    this.#catalog = catalog;
    this.#nextOid = catalog.nextOid;
  }

  /** With all changes so far. */
  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Objects of this statement have oids from here on. */
  get firstNewOid(): Oid {
    return this.#original.nextOid;
  }

  relation(oid: Oid): Relation {
    return must(this.#catalog.relationByOid(oid), `relation ${String(oid)}`);
  }

  allocateOid(): Oid {
    const oid = this.#nextOid;
    this.#nextOid += 1;
    return oid;
  }

  /** Changes rows of the catalog, here and in the database. */
  change(...changes: readonly CatalogChange[]): void {
    if (changes.length === 0) return;
    this.#changes.push(...changes);
    this.#catalog = this.#catalog.apply(changes);
    for (const change of changes) {
      const { sql, values } = changeStatement(change);
      this.sqlite(sql, values);
    }
  }

  insert(table: string, row: CatalogRow): void {
    this.change({ kind: 'insert', table, row });
  }

  update(table: string, key: CatalogRow, set: CatalogRow): void {
    this.change({ kind: 'update', table, key, set });
  }

  delete(table: string, key: CatalogRow): void {
    this.change({ kind: 'delete', table, key });
  }

  /** A SQLite statement whose rows nobody looks at. */
  sqlite(sql: string, values: readonly SqliteValue[] = [], hasRows = false): void {
    const bindings = values.map((value) => ({ kind: 'constant', value }) as const);
    this.#steps.push({ sql, bindings, hasRows, isResult: false });
  }

  step(step: PlanStep): void {
    this.#steps.push(step);
  }

  notice(message: string, code = '00000', detail?: string): void {
    const notice = { severity: 'NOTICE', code, message } as const;
    this.#notices.push(detail === undefined ? notice : { ...notice, detail });
  }

  reads(oid: Oid): void {
    this.#reads.add(oid);
  }

  writes(oid: Oid): void {
    this.#writes.add(oid);
  }

  /** What the expressions that run as part of the change ask for. */
  uses(facts: { readonly settings: readonly string[]; readonly isVolatile: boolean }): void {
    for (const name of facts.settings) this.#settingNames.add(name);
    this.#isVolatile ||= facts.isVolatile;
  }

  /** Tables that there were before: who has locked one comes first. */
  #tablesChanged(): readonly Oid[] {
    const changed = this.#changes.flatMap((change) => {
      const columns = TABLE_COLUMNS[change.table] ?? [];
      const row = change.kind === 'insert' ? change.row : change.key;
      return columns.map((column) => Number(row[column] ?? 0));
    });
    const tables = changed.filter((oid) => this.#original.relationByOid(oid)?.kind === 'r');
    return [...new Set([...this.#writes, ...tables])];
  }

  plan(tag: string): QueryPlan {
    return {
      kind: 'query',
      access: 'write',
      tag: { name: tag, hasCount: false },
      steps: this.#steps,
      parameterTypes: [],
      columns: null,
      settings: [...this.#settingNames],
      isVolatile: this.#isVolatile,
      reads: [...this.#reads],
      writes: this.#tablesChanged(),
      notices: this.#notices,
      catalog: this.#changes.length === 0 ? this.#original : this.#original.apply(this.#changes),
    };
  }
}
