// Rows of an index in the catalog, for CREATE INDEX and for the indexes behind keys.
import type { CatalogChange, Relation } from '../../catalog/catalog.ts';
import { attributeRow, classRow, indexRow } from '../../catalog/catalog-rows.ts';
import { encodeNodeTree } from '../../catalog/node-tree.ts';
import { OPERATOR_CLASSES, tryTypeFact } from '../../catalog/system/facts.ts';
import { ACCESS_METHOD_OID } from '../../catalog/system/oids.ts';
import { PgError } from '../../errors/pg-error.ts';
import { VARCHAR, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { formatType } from '../../catalog/type-display.ts';
import type { SchemaEditor } from './schema-editor.ts';
import type { StoredExpression } from './stored-expression.ts';
import { columnNumbered } from './table-sql.ts';
import { schemaOid } from './target.ts';

export interface IndexKey {
  /** Its name in pg_attribute. */
  readonly name: string;
  /** A column's number, or 0 and `expression`. */
  readonly number: number;
  readonly expression: StoredExpression | null;
  readonly operatorClass: string | null;
  readonly collation: Oid | null;
  readonly isDescending: boolean;
  readonly isNullsFirst: boolean;
}

export interface IndexSpec {
  readonly name: string;
  readonly method: string;
  readonly isUnique: boolean;
  readonly isPrimary: boolean;
  readonly keys: readonly IndexKey[];
  readonly included: readonly number[];
  readonly predicate: StoredExpression | null;
}

const ANY_ARRAY = 2277;

function familyType(type: Oid): readonly Oid[] {
  if (type === VARCHAR) return [TEXT];
  return tryTypeFact(type)?.category === 'A' ? [type, ANY_ARRAY] : [type];
}

/** Throws 42704. */
function operatorClass(method: string, type: Oid, name: string | null): Oid {
  const types = familyType(type);
  const found = OPERATOR_CLASSES.find(
    (opclass) =>
      opclass.method === method &&
      (name === null ? opclass.isDefault && types.includes(opclass.type) : opclass.name === name),
  );
  if (found !== undefined) return found.oid;
  if (name !== null) {
    throw new PgError(
      '42704',
      `operator class "${name}" does not exist for access method "${method}"`,
    );
  }
  throw new PgError(
    '42704',
    `data type ${formatType(type, null)} has no default operator class for access method "${method}"`,
    {
      hint: 'You must specify an operator class for the index or define a default operator class for the data type.',
    },
  );
}

/** The class that a column of another type needs, unless it was chosen by name. */
export function operatorClassAfter(
  method: string,
  operatorClassOid: Oid,
  types: { readonly before: Oid; readonly after: Oid },
): Oid {
  const isDefault = operatorClass(method, types.before, null) === operatorClassOid;
  return isDefault ? operatorClass(method, types.after, null) : operatorClassOid;
}

function keyType(relation: Relation, key: IndexKey): Oid {
  return key.expression === null
    ? columnNumbered(relation, key.number).type
    : key.expression.expression.type;
}

/** Makes the rows; gives the index's oid. */
export function indexChanges(
  editor: SchemaEditor,
  relation: Relation,
  spec: IndexSpec,
): { readonly oid: Oid; readonly changes: readonly CatalogChange[] } {
  const oid = editor.allocateOid();
  const methodOid = ACCESS_METHOD_OID[spec.method as keyof typeof ACCESS_METHOD_OID];
  const expressions = spec.keys.flatMap(({ expression }) =>
    expression === null ? [] : [expression.text],
  );
  const attributes = [
    ...spec.keys.map((key) => ({ name: key.name, type: keyType(relation, key) })),
    ...spec.included.map((n) => {
      const { name, type } = columnNumbered(relation, n);
      return { name, type };
    }),
  ];
  const row = indexRow({
    oid,
    relationOid: relation.oid,
    isUnique: spec.isUnique,
    isPrimary: spec.isPrimary,
    isImmediate: true,
    columns: spec.keys.map((key) => ({
      number: key.number,
      collation: key.collation ?? tryTypeFact(keyType(relation, key))?.collation ?? 0,
      operatorClass: operatorClass(spec.method, keyType(relation, key), key.operatorClass),
      isDescending: key.isDescending,
      isNullsFirst: key.isNullsFirst,
    })),
    included: spec.included,
    expressions: expressions.length === 0 ? null : encodeNodeTree(expressions),
    predicate: spec.predicate === null ? null : encodeNodeTree([spec.predicate.text]),
  });
  const rows = [
    [
      'pg_class',
      classRow({
        oid,
        name: spec.name,
        schemaOid: schemaOid(editor, relation.schema),
        kind: 'i',
        columnCount: attributes.length,
        accessMethod: methodOid,
      }),
    ],
    ...attributes.map(
      ({ name, type }, i) =>
        ['pg_attribute', attributeRow({ relationOid: oid, name, number: i + 1, type })] as const,
    ),
    ['pg_index', row],
  ] as const;
  return {
    oid,
    changes: rows.map(([table, entry]) => ({ kind: 'insert', table, row: entry }) as const),
  };
}

/** Names of an index's columns, each once: `b`, `b1`, `b2` (PG: ChooseIndexColumnNames). */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let i = 1; used.has(candidate); i += 1) candidate = `${name}${String(i)}`;
    used.add(candidate);
    return candidate;
  });
}
