// The recorded facts as values. They are text so that a reader sees them as a table.
import { must } from '../../util/assert.ts';
import { OPERATOR_CLASS_FACTS } from './operator-class-facts.ts';
import { TABLE_FACTS } from './relation-facts.ts';
import { TYPE_FACTS } from './type-facts.ts';
import { TYPE_FUNCTION_FACTS } from './type-function-facts.ts';
import { VIEW_FACTS } from './view-facts.ts';

export interface TypeFact {
  readonly oid: number;
  readonly name: string;
  readonly length: number;
  /** pg_type.typtype: b base, p pseudo, r range, m multirange. */
  readonly kind: string;
  readonly category: string;
  readonly isPreferred: boolean;
  readonly element: number;
  readonly array: number;
  readonly align: string;
  readonly storage: string;
  readonly isByValue: boolean;
  readonly collation: number;
  readonly delimiter: string;
  /** Names in the order input, output, receive, send, modin, modout, subscript; `-` for none. */
  readonly functions: readonly string[];
}

export interface TypeFunctionFact {
  readonly oid: number;
  readonly name: string;
  readonly result: number;
  readonly arguments: readonly number[];
  readonly volatility: string;
  readonly isStrict: boolean;
}

export interface OperatorClassFact {
  readonly oid: number;
  readonly method: string;
  readonly name: string;
  readonly family: number;
  readonly familyName: string;
  readonly type: number;
  readonly isDefault: boolean;
}

export interface SystemColumn {
  readonly name: string;
  readonly type: TypeFact;
  readonly notNull: boolean;
}

export interface SystemRelation {
  readonly oid: number;
  readonly schema: 'pg_catalog' | 'information_schema';
  readonly name: string;
  readonly kind: 'r' | 'v';
  readonly isShared: boolean;
  readonly columns: readonly SystemColumn[];
}

function lines(text: string): readonly string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' '));
}

function typeFact(fields: readonly string[]): TypeFact {
  const [oid, name, length, kinds, element, array, layout, collation, delimiter, ...functions] =
    fields as [string, string, string, string, string, string, string, string, string];
  return {
    oid: Number(oid),
    name,
    length: Number(length),
    kind: kinds.charAt(0),
    category: kinds.charAt(1),
    isPreferred: kinds.endsWith('p') && kinds.length === 3,
    element: Number(element),
    array: Number(array),
    align: layout.charAt(0),
    storage: layout.charAt(1),
    isByValue: layout.endsWith('v'),
    collation: Number(collation),
    delimiter,
    functions,
  };
}

function typeFunctionFact(fields: readonly string[]): TypeFunctionFact {
  const [oid, name, count, result, ...rest] = fields as [string, string, string, string];
  const numbers = rest.slice(0, Number(count)).map(Number);
  const [volatility = 'i', strict = 't'] = rest.slice(Number(count));
  return {
    oid: Number(oid),
    name,
    result: Number(result),
    arguments: numbers,
    volatility,
    isStrict: strict === 't',
  };
}

function operatorClassFact(fields: readonly string[]): OperatorClassFact {
  const [oid, method, name, family, familyName, type, isDefault] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string | undefined,
  ];
  return {
    oid: Number(oid),
    method,
    name,
    family: Number(family),
    familyName,
    type: Number(type),
    isDefault: isDefault === 'd',
  };
}

export const TYPES: readonly TypeFact[] = lines(TYPE_FACTS).map(typeFact);

const TYPE_BY_OID = new Map(TYPES.map((type) => [type.oid, type]));
const TYPE_BY_NAME = new Map(TYPES.map((type) => [type.name, type]));

export const TYPE_FUNCTIONS: readonly TypeFunctionFact[] =
  lines(TYPE_FUNCTION_FACTS).map(typeFunctionFact);

export const OPERATOR_CLASSES: readonly OperatorClassFact[] =
  lines(OPERATOR_CLASS_FACTS).map(operatorClassFact);

export function tryTypeFact(oid: number): TypeFact | null {
  return TYPE_BY_OID.get(oid) ?? null;
}

function column(text: string): SystemColumn {
  const [name, type] = text.trim().split(' ') as [string, string];
  const notNull = type.endsWith('!');
  const typeName = notNull ? type.slice(0, -1) : type;
  return { name, notNull, type: must(TYPE_BY_NAME.get(typeName), `type of ${text}`) };
}

const RELATION = /([ci])\.(\w+) (r|v)(s?) (\d+):([^:]+?)(?=\n {2}[ci]\.|\n$|$)/g;

function relations(text: string): readonly SystemRelation[] {
  return [...text.matchAll(RELATION)].map((match) => {
    const [, schema, name, kind, shared, oid, columns] = match as unknown as string[];
    return {
      oid: Number(oid),
      schema: schema === 'c' ? 'pg_catalog' : 'information_schema',
      name: name as string,
      kind: kind as 'r' | 'v',
      isShared: shared === 's',
      columns: (columns as string).split(',').map(column),
    };
  });
}

/** Tables first: views read them. */
export const SYSTEM_TABLES: readonly SystemRelation[] = relations(TABLE_FACTS);
export const SYSTEM_VIEWS: readonly SystemRelation[] = relations(VIEW_FACTS);
