// Rows of the catalog tables with PostgreSQL's columns, so that whoever writes one says only what
// matters. Columns: PG 53 System Catalogs; a test compares them with the recorded facts.
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { CatalogRow } from './catalog.ts';
import { OWNER_OID } from './system/oids.ts';
import { tryTypeFact } from './system/facts.ts';

export function flag(value: boolean): bigint {
  return value ? 1n : 0n;
}

/** int2[] and oid[] as arrays are stored. */
export function arrayText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}

/** int2vector and oidvector. */
export function vectorText(numbers: readonly number[]): string {
  return numbers.join(' ');
}

export interface ClassFields {
  readonly oid: Oid;
  readonly name: string;
  readonly schemaOid: Oid;
  /** r, v, i, S. */
  readonly kind: string;
  readonly columnCount: number;
  readonly accessMethod?: Oid;
  readonly checkCount?: number;
  readonly hasIndex?: boolean;
  readonly hasRules?: boolean;
  readonly isShared?: boolean;
  /** p permanent, t temporary. */
  readonly persistence?: string;
}

export function classRow(fields: ClassFields): CatalogRow {
  const isTable = fields.kind === 'r';
  return {
    oid: BigInt(fields.oid),
    relname: fields.name,
    relnamespace: BigInt(fields.schemaOid),
    reltype: 0n,
    reloftype: 0n,
    relowner: BigInt(OWNER_OID),
    relam: BigInt(fields.accessMethod ?? 0),
    relfilenode: fields.kind === 'v' ? 0n : BigInt(fields.oid),
    reltablespace: 0n,
    relpages: 0n,
    reltuples: isTable ? -1 : 0,
    relallvisible: 0n,
    reltoastrelid: 0n,
    relhasindex: flag(fields.hasIndex ?? false),
    relisshared: flag(fields.isShared ?? false),
    relpersistence: fields.persistence ?? 'p',
    relkind: fields.kind,
    relnatts: BigInt(fields.columnCount),
    relchecks: BigInt(fields.checkCount ?? 0),
    relhasrules: flag(fields.hasRules ?? false),
    relhastriggers: 0n,
    relhassubclass: 0n,
    relrowsecurity: 0n,
    relforcerowsecurity: 0n,
    relispopulated: 1n,
    relreplident: isTable ? 'd' : 'n',
    relispartition: 0n,
    relrewrite: 0n,
    relfrozenxid: isTable ? 3n : 0n,
    relminmxid: isTable ? 1n : 0n,
    relacl: null,
    reloptions: null,
    relpartbound: null,
  };
}

export interface AttributeFields {
  readonly relationOid: Oid;
  readonly name: string;
  readonly number: number;
  readonly type: Oid;
  readonly typmod?: number;
  readonly notNull?: boolean;
  readonly hasDefault?: boolean;
  /** Declared array dimensions. */
  readonly dimensions?: number;
  /** a always, d by default, '' for none. */
  readonly identity?: string;
  /** s stored, '' for none. */
  readonly generated?: string;
}

export function attributeRow(fields: AttributeFields): CatalogRow {
  const type = tryTypeFact(fields.type);
  return {
    attrelid: BigInt(fields.relationOid),
    attname: fields.name,
    atttypid: BigInt(fields.type),
    attstattarget: -1n,
    attlen: BigInt(type?.length ?? -1),
    attnum: BigInt(fields.number),
    attndims: BigInt(fields.dimensions ?? 0),
    attcacheoff: -1n,
    atttypmod: BigInt(fields.typmod ?? -1),
    attbyval: flag(type?.isByValue ?? false),
    attalign: type?.align ?? 'i',
    attstorage: type?.storage ?? 'x',
    attcompression: '',
    attnotnull: flag(fields.notNull ?? false),
    atthasdef: flag(fields.hasDefault ?? false),
    atthasmissing: 0n,
    attidentity: fields.identity ?? '',
    attgenerated: fields.generated ?? '',
    attisdropped: 0n,
    attislocal: 1n,
    attinhcount: 0n,
    attcollation: BigInt(type?.collation ?? 0),
    attacl: null,
    attoptions: null,
    attfdwoptions: null,
    attmissingval: null,
  };
}

export interface ConstraintFields {
  readonly oid: Oid;
  readonly name: string;
  readonly schemaOid: Oid;
  readonly kind: 'p' | 'u' | 'c' | 'f';
  readonly relationOid: Oid;
  readonly columns: readonly number[];
  readonly indexOid?: Oid;
  readonly referenced?: {
    readonly relationOid: Oid;
    readonly columns: readonly number[];
    readonly onUpdate: string;
    readonly onDelete: string;
  };
  readonly isDeferrable?: boolean;
  readonly isDeferred?: boolean;
  /** The check's node tree. */
  readonly check?: string;
  readonly isNoInherit?: boolean;
}

export function constraintRow(fields: ConstraintFields): CatalogRow {
  const { referenced } = fields;
  return {
    oid: BigInt(fields.oid),
    conname: fields.name,
    connamespace: BigInt(fields.schemaOid),
    contype: fields.kind,
    condeferrable: flag(fields.isDeferrable ?? false),
    condeferred: flag(fields.isDeferred ?? false),
    convalidated: 1n,
    conrelid: BigInt(fields.relationOid),
    contypid: 0n,
    conindid: BigInt(fields.indexOid ?? 0),
    conparentid: 0n,
    confrelid: BigInt(referenced?.relationOid ?? 0),
    confupdtype: referenced?.onUpdate ?? ' ',
    confdeltype: referenced?.onDelete ?? ' ',
    confmatchtype: referenced === undefined ? ' ' : 's',
    conislocal: 1n,
    coninhcount: 0n,
    connoinherit: flag(fields.isNoInherit ?? fields.kind !== 'c'),
    conkey: fields.columns.length === 0 ? null : arrayText(fields.columns),
    confkey: referenced === undefined ? null : arrayText(referenced.columns),
    conpfeqop: null,
    conppeqop: null,
    conffeqop: null,
    confdelsetcols: null,
    conexclop: null,
    conbin: fields.check ?? null,
  };
}

export interface IndexFields {
  readonly oid: Oid;
  readonly relationOid: Oid;
  readonly isUnique: boolean;
  readonly isPrimary: boolean;
  readonly isImmediate: boolean;
  readonly columns: readonly {
    readonly number: number;
    readonly collation: Oid;
    readonly operatorClass: Oid;
    readonly isDescending: boolean;
    readonly isNullsFirst: boolean;
  }[];
  /** Columns after INCLUDE. */
  readonly included: readonly number[];
  /** Node trees. */
  readonly expressions: string | null;
  readonly predicate: string | null;
}

export function indexRow(fields: IndexFields): CatalogRow {
  const { columns } = fields;
  const option = (descending: boolean, nullsFirst: boolean): number =>
    (descending ? 1 : 0) + (nullsFirst ? 2 : 0);
  return {
    indexrelid: BigInt(fields.oid),
    indrelid: BigInt(fields.relationOid),
    indnatts: BigInt(columns.length + fields.included.length),
    indnkeyatts: BigInt(columns.length),
    indisunique: flag(fields.isUnique),
    indnullsnotdistinct: 0n,
    indisprimary: flag(fields.isPrimary),
    indisexclusion: 0n,
    indimmediate: flag(fields.isImmediate),
    indisclustered: 0n,
    indisvalid: 1n,
    indcheckxmin: 0n,
    indisready: 1n,
    indislive: 1n,
    indisreplident: 0n,
    indkey: vectorText([...columns.map(({ number }) => number), ...fields.included]),
    indcollation: vectorText(columns.map(({ collation }) => collation)),
    indclass: vectorText(columns.map(({ operatorClass }) => operatorClass)),
    indoption: vectorText(columns.map((c) => option(c.isDescending, c.isNullsFirst))),
    indexprs: fields.expressions,
    indpred: fields.predicate,
  };
}

export interface DependFields {
  readonly classOid: Oid;
  readonly objectOid: Oid;
  readonly subId?: number;
  readonly referencedClassOid: Oid;
  readonly referencedOid: Oid;
  readonly referencedSubId?: number;
  /** n normal, a auto, i internal. */
  readonly kind: 'n' | 'a' | 'i';
}

export function dependRow(fields: DependFields): CatalogRow {
  return {
    classid: BigInt(fields.classOid),
    objid: BigInt(fields.objectOid),
    objsubid: BigInt(fields.subId ?? 0),
    refclassid: BigInt(fields.referencedClassOid),
    refobjid: BigInt(fields.referencedOid),
    refobjsubid: BigInt(fields.referencedSubId ?? 0),
    deptype: fields.kind,
  };
}

/** A row as a list of values in the order of `columns`; absent columns are NULL. */
export function rowValues(row: CatalogRow, columns: readonly string[]): SqliteValue[] {
  return columns.map((name) => row[name] ?? null);
}
