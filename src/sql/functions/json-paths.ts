// jsonb_path_query() and the like, @? and @@ (PG: 9.16.2).
import { PgError } from '../../errors/pg-error.ts';
import { formatJsonb } from '../../types/json-text.ts';
import type { JsonValue } from '../../types/json-text.ts';
import { parseJsonPath } from '../../types/jsonpath/parser.ts';
import type { JsonPath } from '../../types/jsonpath/tree.ts';
import { BOOL, JSONB, JSONPATH } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { RecentMap } from '../../util/recent-map.ts';
import { checkLength } from './bounds.ts';
import { fn, js, operator } from './builders.ts';
import { JsonPathError, valuesOf } from './jsonpath/execute.ts';
import { jsonOf } from './json-values.ts';
import type {
  CallContext,
  FunctionSignature,
  OperatorSignature,
  SetFunctionSignature,
} from './signature.ts';

const CHARACTERS_PER_WORK = 4;
const KEPT_MIN = 200;
const paths = new RecentMap<string, JsonPath>(KEPT_MIN);

function pathOf(text: string): JsonPath {
  const kept = paths.get(text);
  if (kept !== undefined) return kept;
  const path = parseJsonPath(text);
  paths.set(text, path);
  return path;
}

interface Call {
  readonly path: JsonPath;
  readonly isSilent: boolean;
  /** What the path finds. */
  readonly values: Iterable<JsonValue>;
}

/** Arguments: the value, the path, the variables, and whether errors are passed over. */
function callOf(args: readonly SqliteValue[], context: CallContext): Call {
  const [target, pathText, vars = '{}', silent = 0n] = args;
  context.spend(String(pathText).length / CHARACTERS_PER_WORK);
  const path = pathOf(String(pathText));
  const variables = jsonOf(vars, context);
  if (variables.kind !== 'object') {
    throw new PgError('22023', '"vars" argument is not an object', {
      detail: 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.',
    });
  }
  const values = valuesOf(path, {
    root: jsonOf(target, context),
    variables: new Map(variables.members),
    spend: (work) => {
      context.spend(work);
    },
  });
  return { path, isSilent: silent === 1n, values };
}

/** Those before an error that is passed over. */
function found({ values, isSilent }: Call): readonly JsonValue[] {
  const all: JsonValue[] = [];
  try {
    for (const value of values) all.push(value);
  } catch (error) {
    if (!isSilent || !(error instanceof JsonPathError)) throw error;
  }
  return all;
}

/** In strict mode all values are looked at, for their errors. */
function exists({ path, values, isSilent }: Call): SqliteValue {
  let isFound = false;
  try {
    for (const _value of values) {
      isFound = true;
      if (!path.isStrict) break;
    }
  } catch (error) {
    if (!isSilent || !(error instanceof JsonPathError)) throw error;
    return null;
  }
  return isFound ? 1n : 0n;
}

function matches(call: Call): SqliteValue {
  const [first, ...others] = found(call);
  if (first !== undefined && others.length === 0) {
    if (first.kind === 'boolean') return first.value ? 1n : 0n;
    if (first.kind === 'null') return null;
  }
  if (call.isSilent) return null;
  throw new JsonPathError('22038', 'single boolean result is expected');
}

/** The same value may be found often. */
function shown(value: JsonValue, context: CallContext): string {
  const text = formatJsonb(value);
  context.spend(text.length / CHARACTERS_PER_WORK);
  return text;
}

function shownArray(values: readonly JsonValue[], context: CallContext): string {
  const texts: string[] = [];
  let length = 0;
  for (const value of values) {
    const text = shown(value, context);
    length += text.length;
    checkLength(length);
    texts.push(text);
  }
  return `[${texts.join(', ')}]`;
}

const ARGUMENTS = [JSONB, JSONPATH, JSONB, BOOL];
const OPTIONS = {
  parameterNames: ['target', 'path', 'vars', 'silent'],
  defaults: ['{}', 0n],
} as const;

export const JSON_PATH_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'jsonb_path_exists',
    ARGUMENTS,
    BOOL,
    js('pg_jsonb_path_exists', (args, context) => exists(callOf(args, context))),
    { ...OPTIONS, oid: 4005 },
  ),
  fn(
    'jsonb_path_match',
    ARGUMENTS,
    BOOL,
    js('pg_jsonb_path_match', (args, context) => matches(callOf(args, context))),
    { ...OPTIONS, oid: 4009 },
  ),
  fn(
    'jsonb_path_query_array',
    ARGUMENTS,
    JSONB,
    js('pg_jsonb_path_query_array', (args, context) =>
      shownArray(found(callOf(args, context)), context),
    ),
    { ...OPTIONS, oid: 4007 },
  ),
  fn(
    'jsonb_path_query_first',
    ARGUMENTS,
    JSONB,
    js('pg_jsonb_path_query_first', (args, context) => {
      const [first] = found(callOf(args, context));
      return first === undefined ? null : formatJsonb(first);
    }),
    { ...OPTIONS, oid: 4008 },
  ),
];

export const JSON_PATH_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '@?',
    JSONB,
    JSONPATH,
    BOOL,
    js('pg_jsonb_path_exists_opr', ([target = null, path = null], context) =>
      exists(callOf([target, path, '{}', 1n], context)),
    ),
  ),
  operator(
    '@@',
    JSONB,
    JSONPATH,
    BOOL,
    js('pg_jsonb_path_match_opr', ([target = null, path = null], context) =>
      matches(callOf([target, path, '{}', 1n], context)),
    ),
  ),
];

export const JSON_PATH_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    ...OPTIONS,
    oid: 4006,
    name: 'jsonb_path_query',
    arguments: ARGUMENTS,
    columns: [{ name: 'jsonb_path_query', type: JSONB }],
    isStrict: true,
    volatility: 'immutable',
    sqlName: 'pg_jsonb_path_query',
    *rows(args, context) {
      if (args.includes(null)) return;
      for (const value of found(callOf(args, context))) yield [shown(value, context)];
    },
  },
];
