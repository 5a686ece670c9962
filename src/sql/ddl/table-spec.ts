// A column or table constraint as the statement declares it, before names are made up and
// expressions are bound (PG: parse_utilcmd.c).
import { PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { typeByName } from '../../types/registry.ts';
import { BindContext } from '../bind/context.ts';
import { bindTypeName } from '../bind/type-name.ts';
import {
  child,
  flag,
  inner,
  list,
  location,
  strings,
  text,
  type Fields,
  type Node,
} from '../parse/node.ts';
import { characterPosition } from '../parse/parse.ts';
import { withAttributes } from './constraint-attributes.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { rangeName, type QualifiedName } from './target.ts';

export interface KeySpec {
  readonly kind: 'p' | 'u';
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly included: readonly string[];
  readonly position: number | undefined;
}

export interface CheckSpec {
  readonly kind: 'c';
  readonly name: string | null;
  readonly expression: Node;
  readonly isNoInherit: boolean;
  readonly isUnvalidated: boolean;
  readonly position: number | undefined;
}

export interface ForeignKeySpec {
  readonly kind: 'f';
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly target: QualifiedName;
  /** Empty: the primary key of the target. */
  readonly targetColumns: readonly string[];
  readonly onUpdate: string;
  readonly onDelete: string;
  readonly isDeferrable: boolean;
  readonly isDeferred: boolean;
  readonly isUnvalidated: boolean;
  readonly position: number | undefined;
}

export type ConstraintSpec = KeySpec | CheckSpec | ForeignKeySpec;

export interface ColumnSpec {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly dimensions: number;
  readonly notNull: boolean;
  readonly defaultNode: Node | null;
  /** A serial type: the default is a sequence of its own. */
  readonly isSerial: boolean;
  readonly identity: { readonly when: 'a' | 'd'; readonly options: readonly Node[] } | null;
  readonly constraints: readonly ConstraintSpec[];
  readonly position: number | undefined;
}

const SERIAL_TYPES: Readonly<Record<string, string>> = {
  smallserial: 'int2',
  serial2: 'int2',
  serial: 'int4',
  serial4: 'int4',
  bigserial: 'int8',
  serial8: 'int8',
};

const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

function positionOf(editor: SchemaEditor, fields: Fields): number | undefined {
  return characterPosition(editor.source, location(fields));
}

/** One type name of a declaration. */
export function declaredType(
  editor: SchemaEditor,
  typeName: Fields,
): { readonly type: Oid; readonly typmod: number; readonly dimensions: number } {
  const context = new BindContext(editor.catalog, editor.settings, editor.source, []);
  return {
    ...bindTypeName(context, typeName),
    dimensions: list(typeName, 'arrayBounds').length,
  };
}

function serialType(typeName: Fields): Oid | null {
  const names = strings(list(typeName, 'names'));
  const name = SERIAL_TYPES[names.at(-1) ?? ''];
  return name === undefined || names.length > 1 ? null : (typeByName(name)?.oid ?? null);
}

export function checkColumnName(name: string): void {
  if (SYSTEM_COLUMNS.includes(name)) {
    throw new PgError('42701', `column name "${name}" conflicts with a system column name`);
  }
}

function unsupported(editor: SchemaEditor, feature: string, fields: Fields): PgError {
  return new PgError('0A000', `${feature} is not supported`, {
    position: positionOf(editor, fields),
  });
}

function keySpec(editor: SchemaEditor, fields: Fields, own: string | null): KeySpec {
  const isPrimary = text(fields, 'contype') === 'CONSTR_PRIMARY';
  if (text(fields, 'indexname') !== '') throw unsupported(editor, 'USING INDEX', fields);
  if (flag(fields, 'nulls_not_distinct')) {
    throw unsupported(editor, 'UNIQUE NULLS NOT DISTINCT', fields);
  }
  if (flag(fields, 'deferrable')) {
    throw unsupported(editor, 'a deferrable unique constraint', fields);
  }
  const keys = strings(list(fields, 'keys'));
  return {
    kind: isPrimary ? 'p' : 'u',
    name: text(fields, 'conname') || null,
    columns: own === null ? keys : [own],
    included: strings(list(fields, 'including')),
    position: positionOf(editor, fields),
  };
}

function foreignKeySpec(editor: SchemaEditor, fields: Fields, own: string | null): ForeignKeySpec {
  const columns = own === null ? strings(list(fields, 'fk_attrs')) : [own];
  if (text(fields, 'fk_matchtype') === 'p') throw unsupported(editor, 'MATCH PARTIAL', fields);
  if (text(fields, 'fk_matchtype') === 'f' && columns.length > 1) {
    throw unsupported(editor, 'MATCH FULL over several columns', fields);
  }
  if (list(fields, 'fk_del_set_cols').length > 0) {
    throw unsupported(editor, 'a column list after ON DELETE SET', fields);
  }
  const isDeferrable = flag(fields, 'deferrable') || flag(fields, 'initdeferred');
  const isDeferred = flag(fields, 'initdeferred');
  // Where a statement is checked, rows that violated it before must not be found.
  if (isDeferrable && !isDeferred && flag(fields, 'skip_validation')) {
    throw unsupported(editor, 'a key that is DEFERRABLE INITIALLY IMMEDIATE and NOT VALID', fields);
  }
  return {
    kind: 'f',
    name: text(fields, 'conname') || null,
    columns,
    target: rangeName(editor, inner(fields, 'pktable') ?? {}),
    targetColumns: strings(list(fields, 'pk_attrs')),
    onUpdate: text(fields, 'fk_upd_action') || 'a',
    onDelete: text(fields, 'fk_del_action') || 'a',
    isDeferrable,
    isDeferred,
    isUnvalidated: flag(fields, 'skip_validation'),
    position: positionOf(editor, fields),
  };
}

/** A Constraint node; `own` is the column it stands at, null for a table constraint. */
export function constraintSpec(
  editor: SchemaEditor,
  fields: Fields,
  own: string | null,
): ConstraintSpec {
  switch (text(fields, 'contype')) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return keySpec(editor, fields, own);
    case 'CONSTR_FOREIGN':
      return foreignKeySpec(editor, fields, own);
    case 'CONSTR_CHECK':
      return {
        kind: 'c',
        name: text(fields, 'conname') || null,
        expression: child(fields, 'raw_expr') ?? {},
        isNoInherit: flag(fields, 'is_no_inherit'),
        isUnvalidated: flag(fields, 'skip_validation'),
        position: positionOf(editor, fields),
      };
    case 'CONSTR_EXCLUSION':
      throw unsupported(editor, 'EXCLUDE', fields);
    default:
      throw unsupported(editor, `constraint ${text(fields, 'contype')}`, fields);
  }
}

interface Declarations {
  notNull: boolean | null;
  defaultNode: Node | null;
  identity: ColumnSpec['identity'];
  readonly constraints: ConstraintSpec[];
}

function declare(
  editor: SchemaEditor,
  declared: Declarations,
  fields: Fields,
  names: { readonly column: string; readonly table: string },
): void {
  const place = `column "${names.column}" of table "${names.table}"`;
  const position = positionOf(editor, fields);
  switch (text(fields, 'contype')) {
    case 'CONSTR_NULL':
    case 'CONSTR_NOTNULL': {
      const notNull = text(fields, 'contype') === 'CONSTR_NOTNULL';
      if (declared.notNull !== null && declared.notNull !== notNull) {
        throw new PgError('42601', `conflicting NULL/NOT NULL declarations for ${place}`, {
          position,
        });
      }
      declared.notNull = notNull;
      return;
    }
    case 'CONSTR_DEFAULT':
      if (declared.defaultNode !== null) {
        throw new PgError('42601', `multiple default values specified for ${place}`, { position });
      }
      declared.defaultNode = child(fields, 'raw_expr');
      return;
    case 'CONSTR_IDENTITY':
      if (declared.identity !== null) {
        throw new PgError('42601', `multiple identity specifications for ${place}`, { position });
      }
      declared.identity = {
        when: text(fields, 'generated_when') === 'a' ? 'a' : 'd',
        options: list(fields, 'options'),
      };
      return;
    case 'CONSTR_GENERATED':
      throw unsupported(editor, 'a generated column', fields);
    default:
      declared.constraints.push(constraintSpec(editor, fields, names.column));
  }
}

/** A ColumnDef node. */
export function columnSpec(editor: SchemaEditor, fields: Fields, table: string): ColumnSpec {
  const name = text(fields, 'colname');
  checkColumnName(name);
  const typeName = inner(fields, 'typeName') ?? {};
  const serial = serialType(typeName);
  const declaredAs =
    serial === null ? declaredType(editor, typeName) : { type: serial, typmod: -1, dimensions: 0 };
  checkCollation(editor, inner(fields, 'collClause'));
  const declared: Declarations = {
    notNull: serial === null ? null : true,
    defaultNode: null,
    identity: null,
    constraints: [],
  };
  for (const constraint of withAttributes(list(fields, 'constraints'), editor.source)) {
    declare(editor, declared, constraint, { column: name, table });
  }
  const place = `column "${name}" of table "${table}"`;
  const position = positionOf(editor, fields);
  if (serial !== null && declared.defaultNode !== null) {
    throw new PgError('42601', `multiple default values specified for ${place}`);
  }
  if (declared.identity !== null && (serial !== null || declared.defaultNode !== null)) {
    throw new PgError('42601', `both default and identity specified for ${place}`, { position });
  }
  return {
    ...declaredAs,
    name,
    notNull: (declared.notNull ?? false) || declared.identity !== null,
    defaultNode: declared.defaultNode,
    isSerial: serial !== null,
    identity: declared.identity,
    constraints: declared.constraints,
    position,
  };
}

function checkCollation(editor: SchemaEditor, clause: Fields | null): void {
  if (clause === null) return;
  const name = strings(list(clause, 'collname')).at(-1) ?? '';
  if (['default', 'C', 'POSIX', 'ucs_basic'].includes(name)) return;
  throw new PgError('42704', `collation "${name}" for encoding "UTF8" does not exist`, {
    position: positionOf(editor, clause),
  });
}
