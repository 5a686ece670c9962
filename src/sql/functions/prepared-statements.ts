// pg_prepared_statement(): what the view pg_prepared_statements shows of a session.
import { joinArray } from '../../types/arrays.ts';
import { BOOL, INT8, TEXT, TIMESTAMPTZ } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { TEXT_ARRAY } from './catalog-context.ts';
import type { CallContext, SetFunctionSignature } from './signature.ts';

/** A statement as '@prepared' lists it. */
export interface PreparedStatementFacts {
  readonly name: string;
  readonly statement: string;
  /** As a timestamptz is stored, in digits. */
  readonly since: string;
  readonly parameterTypes: readonly Oid[];
  readonly isFromSql: boolean;
}

function* preparedStatements(
  _args: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const list = JSON.parse(context.setting('@prepared') ?? '[]') as PreparedStatementFacts[];
  for (const { name, statement, since, parameterTypes, isFromSql } of list) {
    const types = joinArray(parameterTypes.map((type) => mustType(type).displayName));
    yield [name, statement, BigInt(since), types, isFromSql ? 1n : 0n, 0n, 0n];
  }
}

const COLUMNS = [
  ['name', TEXT],
  ['statement', TEXT],
  ['prepare_time', TIMESTAMPTZ],
  ['parameter_types', TEXT_ARRAY],
  ['from_sql', BOOL],
  ['generic_plans', INT8],
  ['custom_plans', INT8],
] as const;

export const PREPARED_STATEMENT_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 2510,
    name: 'pg_prepared_statement',
    arguments: [],
    columns: COLUMNS.map(([name, type]) => ({ name, type })),
    isStrict: true,
    volatility: 'stable',
    settings: ['@prepared'],
    sqlName: 'pg_prepared_statement',
    rows: preparedStatements,
  },
];
