// Functions of the catalog that return rows.
import { BOOL, INT4, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { REGCLASS, TEXT_ARRAY } from './catalog-context.ts';
import { KEYWORD_SET_FUNCTION } from './keywords.ts';
import type { CallContext, SetFunctionSignature } from './signature.ts';

const COMMON = { oid: 0, isStrict: true, volatility: 'stable' } as const;

function* none(): Iterable<readonly SqliteValue[]> {
  // No row: there is no such object.
}

/** A setting as '@settings' lists it. */
export interface SettingFacts {
  readonly name: string;
  readonly setting: string;
  readonly unit: string | null;
  readonly category: string;
  readonly description: string;
  /** internal, user, ... (PG: 54.25 pg_settings). */
  readonly context: string;
  /** bool, integer, real, string or enum. */
  readonly type: string;
  readonly resetValue: string;
}

function* settings(
  _args: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const list = JSON.parse(context.setting('@settings') ?? '[]') as readonly SettingFacts[];
  for (const fact of list) {
    yield [
      fact.name,
      fact.setting,
      fact.unit,
      fact.category,
      fact.description,
      null,
      fact.context,
      fact.type,
      fact.setting === fact.resetValue ? 'default' : 'session',
      null,
      null,
      null,
      fact.resetValue,
      fact.resetValue,
      null,
      null,
      0n,
    ];
  }
}

const SETTING_COLUMNS = [
  ['name', TEXT],
  ['setting', TEXT],
  ['unit', TEXT],
  ['category', TEXT],
  ['short_desc', TEXT],
  ['extra_desc', TEXT],
  ['context', TEXT],
  ['vartype', TEXT],
  ['source', TEXT],
  ['min_val', TEXT],
  ['max_val', TEXT],
  ['enumvals', TEXT_ARRAY],
  ['boot_val', TEXT],
  ['reset_val', TEXT],
  ['sourcefile', TEXT],
  ['sourceline', INT4],
  ['pending_restart', BOOL],
] as const;

export const CATALOG_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  KEYWORD_SET_FUNCTION,
  {
    ...COMMON,
    name: 'pg_show_all_settings',
    arguments: [],
    columns: SETTING_COLUMNS.map(([name, type]) => ({ name, type })),
    sqlName: 'pg_show_all_settings',
    rows: settings,
  },
  // Of a table that is no partition.
  {
    ...COMMON,
    name: 'pg_partition_ancestors',
    arguments: [REGCLASS],
    columns: [{ name: 'relid', type: REGCLASS }],
    sqlName: 'pg_partition_ancestors',
    rows: none,
  },
  {
    ...COMMON,
    name: 'pg_options_to_table',
    arguments: [TEXT_ARRAY],
    columns: [
      { name: 'option_name', type: TEXT },
      { name: 'option_value', type: TEXT },
    ],
    sqlName: 'pg_options_to_table',
    rows: ([options]) =>
      String(options ?? '{}')
        .slice(1, -1)
        .split(',')
        .filter((option) => option !== '')
        .map((option) => {
          const at = option.indexOf('=');
          return [option.slice(0, at), option.slice(at + 1)];
        }),
  },
];
