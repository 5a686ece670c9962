// What binding one statement shares: the schema, the parameters' types, and what the plan will say.
import type { Catalog, Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { Fields, Node } from '../parse/node.ts';
import { characterPosition } from '../parse/parse.ts';
import { must } from '../../util/assert.ts';
import type { CompileSettings } from '../plan.ts';
import type { LockStrength } from '../functions/row-locks.ts';
import type { FunctionSignature } from '../functions/signature.ts';
import type { CommonTable, Select } from '../tree/query.ts';
import type { Part } from './parts.ts';
import type { Scope } from './scope.ts';

type CallFacts = Pick<
  FunctionSignature,
  'volatility' | 'settings' | 'hasEffects' | 'reads' | 'needsTransaction' | 'isOfSession'
>;

const PARAMETERS_MAX = 65_535;

/**
 * In a stored text, relations are named by oid: `"stored relation"."16384:3"` is what relation 16384
 * was when it had three columns, so that nothing done to names changes what the text means.
 */
export const STORED_SCHEMA = 'stored relation';

export interface RangeUse {
  /** Byte offset of the name. */
  readonly at: number;
  readonly relation: Relation;
  readonly hasAlias: boolean;
}

export interface TopWith {
  readonly clause: Fields;
  /** Of a query that changes a table, behind `ctes`: what it gives back, null: nothing. */
  bindChange(
    context: BindContext,
    query: Node,
    outer: Scope,
    ctes: readonly CommonTable[],
  ): Select | null;
}

export class BindContext {
  readonly catalog: Catalog;
  readonly settings: CompileSettings;
  readonly source: string;
  readonly reads = new Set<Oid>();
  readonly writes = new Set<Oid>();
  /** Settings that the functions of the statement ask for. */
  readonly usedSettings = new Set<string>();
  isVolatile = false;
  /** It calls a volatile function. */
  callsVolatile = false;
  /** It calls a function that changes something, such as nextval(). */
  hasEffects = false;
  /** It calls a function that does so. */
  needsTransaction = false;
  /** See QueryPlan. */
  isOfSession = false;
  /** WITH of the statement itself: only there tables may be changed. */
  topWith: TopWith | null = null;
  /** What is carried out before the statement itself, see parts.ts. */
  readonly parts: Part[] = [];
  #rowSets = 0;
  /** There is a GROUPING() in it. */
  usesGrouping = false;
  /** SELECT ... FOR UPDATE and the like: of the outermost query that is one. */
  locking: LockStrength | null = null;
  readonly lockedTables = new Set<Oid>();
  /** Types of $1, $2, ...; UNKNOWN while nothing has said. */
  readonly parameterTypes: Oid[];
  readonly #hasParameters: boolean;
  /** The names of FROM that stand for relations of the catalog, for what stores the text. */
  readonly ranges: RangeUse[] = [];
  /** The text is that of a view: see STORED_SCHEMA. */
  readonly isStored: boolean;
  #aliases = { count: 0 };

  constructor(
    catalog: Catalog,
    settings: CompileSettings,
    source: string,
    parameterTypes: readonly Oid[] | null,
    isStored = false,
  ) {
    this.isStored = isStored;
    this.catalog = catalog;
    this.settings = settings;
    this.source = source;
    this.parameterTypes = (parameterTypes ?? []).map((type) => (type === 0 ? UNKNOWN : type));
    this.#hasParameters = parameterTypes !== null;
  }

  /** A name for a range entry that is unique in the SQLite text. */
  nextAlias(): string {
    this.#aliases.count += 1;
    return `t${this.#aliases.count}`;
  }

  /** Of a view inside of a statement: no range entry of the two has the name of another. */
  shareAliases(outer: BindContext): void {
    this.#aliases = outer.#aliases;
  }

  nextRowSet(): number {
    this.#rowSets += 1;
    return this.#rowSets;
  }

  position(location: number | undefined): number | undefined {
    return characterPosition(this.source, location);
  }

  error(code: PgError['code'], message: string, location?: number, hint?: string): PgError {
    return new PgError(code, message, { position: this.position(location), hint });
  }

  notSupported(feature: string, location?: number): PgError {
    return this.error('0A000', `${feature} is not supported`, location);
  }

  parameterType(number: number, location: number | undefined): Oid {
    if (!this.#hasParameters || number < 1 || number > PARAMETERS_MAX) {
      throw this.error('42P02', `there is no parameter $${number}`, location);
    }
    while (this.parameterTypes.length < number) this.parameterTypes.push(UNKNOWN);
    return this.parameterTypes[number - 1] as Oid;
  }

  /** A function with these properties is called. */
  noteCall(facts: CallFacts): void {
    const { volatility, settings, hasEffects, reads, needsTransaction, isOfSession } = facts;
    if (volatility !== 'immutable') this.isVolatile = true;
    if (volatility === 'volatile') this.callsVolatile = true;
    if (reads !== undefined) this.reads.add(reads);
    if (hasEffects === true) this.hasEffects = true;
    if (needsTransaction === true) this.needsTransaction = true;
    if (isOfSession === true) this.isOfSession = true;
    for (const name of settings ?? []) this.usedSettings.add(name);
  }

  /** A query locks its rows, through this function. */
  noteLocking(strength: LockStrength, { settings }: CallFacts): void {
    this.locking = strength;
    // Run again on the same tables, with the same grants, it gives the same: it is not volatile in
    // that sense. But no row must be claimed twice.
    this.callsVolatile = true;
    for (const name of settings ?? []) this.usedSettings.add(name);
  }

  /** What was bound in a context of its own is part of this statement. */
  noteInner(inner: BindContext): void {
    this.isVolatile ||= inner.isVolatile;
    this.callsVolatile ||= inner.callsVolatile;
    this.hasEffects ||= inner.hasEffects;
    this.needsTransaction ||= inner.needsTransaction;
    this.isOfSession ||= inner.isOfSession;
    this.locking = inner.locking ?? this.locking;
    for (const name of inner.usedSettings) this.usedSettings.add(name);
    for (const oid of inner.lockedTables) this.lockedTables.add(oid);
    for (const oid of inner.reads) this.reads.add(oid);
  }

  /** What `bind` gives, and whether volatile functions are called in it. */
  watchVolatile<T>(bind: () => T): readonly [T, boolean] {
    const before = this.callsVolatile;
    this.callsVolatile = false;
    const bound = bind();
    const isCalled = this.callsVolatile;
    this.callsVolatile ||= before;
    return [bound, isCalled];
  }

  /** Schemas in the order of the search path, the catalog first unless it is named. */
  #schemas(): readonly string[] {
    const { searchPath } = this.settings;
    return searchPath.includes('pg_catalog') ? searchPath : ['pg_catalog', ...searchPath];
  }

  #storedRelation(name: string): Relation {
    const [oid, columns] = name.split(':').map(Number);
    const relation = must(this.catalog.relationByOid(oid ?? 0), `relation ${name}`);
    const isThere = (number: number): boolean => number <= (columns ?? 0);
    return { ...relation, columns: relation.columns.filter(({ number }) => isThere(number)) };
  }

  tryRelation(schema: string | null, name: string): Relation | null {
    if (schema !== null) return this.catalog.relation(schema, name);
    for (const candidate of this.#schemas()) {
      const relation = this.catalog.relation(candidate, name);
      if (relation !== null) return relation;
    }
    return null;
  }

  relation(schema: string | null, name: string, location?: number): Relation {
    if (this.isStored && schema === STORED_SCHEMA) return this.#storedRelation(name);
    const relation = this.tryRelation(schema, name);
    if (
      relation !== null &&
      (relation.kind === 'r' || relation.kind === 'v' || relation.kind === 'S')
    )
      return relation;
    const full = schema === null ? name : `${schema}.${name}`;
    if (relation !== null) throw this.error('42809', `cannot open relation "${full}"`, location);
    if (schema !== null && !this.catalog.hasSchema(schema)) {
      throw this.error('42P01', `relation "${full}" does not exist`, location);
    }
    throw this.error('42P01', `relation "${full}" does not exist`, location);
  }
}
