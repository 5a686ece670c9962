// docs/functions.md: what the registry of the compiler has, in the groups of PostgreSQL's manual.
import { ACTIVITY_FUNCTIONS } from '../../src/sql/functions/activity.ts';
import {
  AGGREGATES,
  ANY_WINDOW_FUNCTIONS,
  WINDOW_FUNCTIONS,
} from '../../src/sql/functions/aggregates.ts';
import { ARRAY_FUNCTIONS, ARRAY_OPERATORS } from '../../src/sql/functions/arrays.ts';
import { BYTEA_FUNCTIONS, BYTEA_OPERATORS } from '../../src/sql/functions/bytes.ts';
import { CATALOG_FUNCTIONS } from '../../src/sql/functions/catalog-functions.ts';
import { CATALOG_SET_FUNCTIONS } from '../../src/sql/functions/catalog-set-functions.ts';
import {
  DATETIME_OPERATORS,
  OVERLAPS_FUNCTIONS,
} from '../../src/sql/functions/datetime-operators.ts';
import { DATETIME_FUNCTIONS } from '../../src/sql/functions/datetime.ts';
import { FLOAT_FUNCTIONS, FLOAT_OPERATORS } from '../../src/sql/functions/floats.ts';
import { FORMATTING_FUNCTIONS } from '../../src/sql/functions/formatting.ts';
import { INTEGER_FUNCTIONS, INTEGER_OPERATORS } from '../../src/sql/functions/integers.ts';
import {
  INTERVAL_AGGREGATES,
  INTERVAL_FUNCTIONS,
  INTERVAL_OPERATORS,
  INTERVAL_SET_FUNCTIONS,
} from '../../src/sql/functions/intervals.ts';
import { JSON_AGGREGATES, ROW_TO_JSON } from '../../src/sql/functions/json-construction.ts';
import {
  JSON_PATH_FUNCTIONS,
  JSON_PATH_OPERATORS,
  JSON_PATH_SET_FUNCTIONS,
} from '../../src/sql/functions/json-paths.ts';
import { RECORD_FUNCTIONS } from '../../src/sql/functions/json-records.ts';
import { JSON_SET_FUNCTIONS } from '../../src/sql/functions/json-rows.ts';
import { JSON_FUNCTIONS, JSON_OPERATORS } from '../../src/sql/functions/json.ts';
import { LOCK_FUNCTIONS } from '../../src/sql/functions/locks.ts';
import { NOTIFY_FUNCTIONS } from '../../src/sql/functions/notify.ts';
import { NULL_COUNT_FUNCTIONS } from '../../src/sql/functions/null-counts.ts';
import { NUMERIC_FUNCTIONS, NUMERIC_OPERATORS } from '../../src/sql/functions/numerics.ts';
import {
  HYPOTHETICAL_SET_AGGREGATES,
  ORDERED_SET_AGGREGATES,
} from '../../src/sql/functions/ordered-sets.ts';
import { PATTERN_FUNCTIONS, PATTERN_MATCHING_OPERATORS } from '../../src/sql/functions/patterns.ts';
import { REGEXP_FUNCTIONS, REGEXP_SET_FUNCTIONS } from '../../src/sql/functions/regexp.ts';
import {
  ALL_AGGREGATES,
  ALL_FUNCTIONS,
  ALL_OPERATORS,
  ALL_SET_FUNCTIONS,
} from '../../src/sql/functions/registry.ts';
import { SEQUENCE_FUNCTIONS } from '../../src/sql/functions/sequences.ts';
import { SESSION_ACTION_FUNCTIONS } from '../../src/sql/functions/session-actions.ts';
import { SESSION_FUNCTIONS } from '../../src/sql/functions/session.ts';
import { SIZE_FUNCTIONS } from '../../src/sql/functions/sizes.ts';
import {
  TEXT_FUNCTIONS,
  TEXT_OPERATORS,
  TEXT_SET_FUNCTIONS,
} from '../../src/sql/functions/text.ts';
import { UNNEST_FUNCTIONS } from '../../src/sql/functions/unnest.ts';
import { COMPARISON_OPERATORS } from '../../src/sql/functions/comparison.ts';

interface Named {
  readonly name: string;
}

type Group = readonly [title: string, items: readonly Named[]];

function named(...names: readonly string[]): readonly Named[] {
  return names.map((name) => ({ name }));
}

/** With what the grammar has as expressions of their own. */
const FUNCTION_GROUPS: readonly Group[] = [
  [
    'Conditions',
    [...named('CASE', 'COALESCE', 'NULLIF', 'GREATEST', 'LEAST'), ...NULL_COUNT_FUNCTIONS],
  ],
  ['Numbers', [...INTEGER_FUNCTIONS, ...FLOAT_FUNCTIONS, ...NUMERIC_FUNCTIONS]],
  ['Text', [...TEXT_FUNCTIONS, ...TEXT_SET_FUNCTIONS]],
  ['Patterns', [...PATTERN_FUNCTIONS, ...REGEXP_FUNCTIONS, ...REGEXP_SET_FUNCTIONS]],
  ['Binary strings', BYTEA_FUNCTIONS],
  ['Formatting', [...FORMATTING_FUNCTIONS, ...SIZE_FUNCTIONS]],
  [
    'Dates and times',
    [
      ...named('CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'EXTRACT', 'LOCALTIME'),
      ...named('LOCALTIMESTAMP', 'OVERLAPS'),
      ...DATETIME_FUNCTIONS,
      ...INTERVAL_FUNCTIONS,
      ...OVERLAPS_FUNCTIONS,
    ],
  ],
  [
    'JSON',
    [
      ...JSON_FUNCTIONS,
      ROW_TO_JSON,
      ...JSON_SET_FUNCTIONS,
      ...named(...RECORD_FUNCTIONS),
      ...JSON_PATH_FUNCTIONS,
      ...JSON_PATH_SET_FUNCTIONS,
    ],
  ],
  ['Arrays', [...ARRAY_FUNCTIONS, ...UNNEST_FUNCTIONS]],
  ['Rows', [...named('generate_series'), ...INTERVAL_SET_FUNCTIONS]],
  ['Sequences', SEQUENCE_FUNCTIONS],
  ['Session', [...SESSION_FUNCTIONS, ...SESSION_ACTION_FUNCTIONS, ...ACTIVITY_FUNCTIONS]],
  ['Locks', LOCK_FUNCTIONS],
  ['Notifications', NOTIFY_FUNCTIONS],
  ['Catalog', [...named('pg_typeof'), ...CATALOG_FUNCTIONS, ...CATALOG_SET_FUNCTIONS]],
];

const AGGREGATE_GROUPS: readonly Group[] = [
  [
    'Aggregates',
    [
      ...named('array_agg', 'count', 'GROUPING'),
      ...AGGREGATES,
      ...INTERVAL_AGGREGATES,
      ...JSON_AGGREGATES,
    ],
  ],
  ['Within groups', [...ORDERED_SET_AGGREGATES, ...HYPOTHETICAL_SET_AGGREGATES]],
  ['Window functions', [...WINDOW_FUNCTIONS, ...named(...ANY_WINDOW_FUNCTIONS)]],
];

const OPERATOR_GROUPS: readonly Group[] = [
  [
    'Comparison',
    [
      ...COMPARISON_OPERATORS,
      ...named('BETWEEN', 'IS DISTINCT FROM', 'IS NULL', 'IS TRUE', 'IS UNKNOWN', 'IN', 'ANY'),
      ...named('ALL', 'EXISTS'),
    ],
  ],
  ['Logic', named('AND', 'OR', 'NOT')],
  ['Numbers', [...INTEGER_OPERATORS, ...FLOAT_OPERATORS, ...NUMERIC_OPERATORS]],
  [
    'Text and patterns',
    [...TEXT_OPERATORS, ...PATTERN_MATCHING_OPERATORS, ...named('LIKE', 'ILIKE', 'SIMILAR TO')],
  ],
  ['Binary strings', BYTEA_OPERATORS],
  [
    'Dates and times',
    [...DATETIME_OPERATORS, ...INTERVAL_OPERATORS, ...named('AT TIME ZONE', 'OVERLAPS')],
  ],
  ['JSON', [...JSON_OPERATORS, ...JSON_PATH_OPERATORS]],
  ['Arrays', ARRAY_OPERATORS],
];

/** What only the compiler calls. */
const INTERNAL =
  /^$|^(extract|overlaps|numeric_inc)$|^reg\w+(in|out)$|^pg_(array(_(agg|assign|cast|items|key_\d+|of_rows|slice))?|check_\d+|\w+_key|byte_of_name|coerce|compared|current_date|current_time|greatest|input|least|limit|localtime|localtimestamp|lock_table|offset|output|quantified|row_to_json|sequence_oid|single_row|subscript|unnest_many|upsert_\w+)$|^balsa_(lock_list|lock_rows|raise|reserved_values|sessions)$/;

function isShown({ name }: Named): boolean {
  return !INTERNAL.test(name);
}

function line([title, items]: Group): string {
  const names = [...new Set(items.filter(isShown).map(({ name }) => name))];
  const sorted = names.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return `**${title}.** ${sorted.map((name) => `\`${name}\``).join(', ')}.`;
}

/** With those that are in no group, so that nothing is left out. */
function section(title: string, groups: readonly Group[], all: readonly Named[]): string {
  const grouped = new Set(groups.flatMap(([, items]) => items.map(({ name }) => name)));
  const others = all.filter((item) => isShown(item) && !grouped.has(item.name));
  const lines = [...groups, ...(others.length > 0 ? [['Others', others] as const] : [])].map(line);
  return `## ${title}\n\n${lines.join('\n\n')}\n`;
}

/** The page, one paragraph a group. */
export function functionList(): string {
  return [
    '# Functions, operators and aggregates\n',
    'Written by `node scripts/list-functions.ts` from what the compiler knows; a test fails if it is out of date.',
    'Which arguments they take is as in PostgreSQL 15, but for types that are not supported.\n',
    section('Functions', FUNCTION_GROUPS, [...ALL_FUNCTIONS, ...ALL_SET_FUNCTIONS]),
    section('Aggregates and window functions', AGGREGATE_GROUPS, ALL_AGGREGATES),
    section('Operators', OPERATOR_GROUPS, ALL_OPERATORS),
  ].join('\n');
}
