// Statements that the session carries out: SET, SHOW, BEGIN and the like, as plans.
import type { Catalog } from '../catalog/catalog.ts';
import { quoteIdentifier } from '../catalog/quote-identifier.ts';
import { PgError } from '../errors/pg-error.ts';
import { CANONICAL } from '../types/arrays.ts';
import { intervalOfStored } from '../types/datetime/interval.ts';
import { INTERVAL, TEXT } from '../types/oids.ts';
import { mustType } from '../types/registry.ts';
import { BindContext } from './bind/context.ts';
import { closeStatement, declareStatement, fetchStatement } from './cursor-statement.ts';
import { explainStatement } from './explain-statement.ts';
import { asTag, child, fieldsOf, flag, inner, integer, list, tagOf, text } from './parse/node.ts';
import type { Fields, Node } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { CompileSettings, ResultColumn, Utility, UtilityPlan } from './plan.ts';
import { prepareStatement } from './prepare-statement.ts';
import { transactionModes, transactionStatement } from './transaction-statement.ts';

/** `context`: for the names of types, and for errors that have a position. */
type Handler = (fields: Fields, statement: ParsedStatement, context: BindContext) => UtilityPlan;

const HANDLERS: Readonly<Record<string, Handler>> = {
  VariableSetStmt: planSet,
  VariableShowStmt: planShow,
  TransactionStmt: (fields) => {
    const { tag, statement } = transactionStatement(fields);
    return plan(tag, statement);
  },
  DeclareCursorStmt: (fields, statement) =>
    plan('DECLARE CURSOR', declareStatement(fields, statement)),
  FetchStmt: (fields) => {
    const name = flag(fields, 'ismove') ? 'MOVE' : 'FETCH';
    return { ...plan(name, fetchStatement(fields)), tag: { name, hasCount: true } };
  },
  ClosePortalStmt: (fields) => {
    const statement = closeStatement(fields);
    return plan(text(fields, 'portalname') === '' ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR', statement);
  },
  ExplainStmt: (fields, statement) =>
    plan('EXPLAIN', explainStatement(fields, statement), [column('QUERY PLAN')]),
  DiscardStmt: (fields) => {
    const what = text(fields, 'target').replace('DISCARD_', '').toLowerCase();
    return plan(`DISCARD ${what.toUpperCase()}`, { kind: 'discard', what });
  },
  PrepareStmt: (fields, statement, context) =>
    plan('PREPARE', prepareStatement(context, fields, statement)),
  DeallocateStmt: (fields) => {
    const name = text(fields, 'name');
    return plan(name === '' ? 'DEALLOCATE ALL' : 'DEALLOCATE', {
      kind: 'deallocate',
      name: name === '' ? null : name,
    });
  },
  ListenStmt: (fields) =>
    plan('LISTEN', { kind: 'listen', channel: text(fields, 'conditionname') }),
  UnlistenStmt: (fields) =>
    plan('UNLISTEN', { kind: 'unlisten', channel: text(fields, 'conditionname') || null }),
  VacuumStmt: (fields) =>
    plan(flag(fields, 'is_vacuumcmd') ? 'VACUUM' : 'ANALYZE', { kind: 'nothing' }),
  CheckPointStmt: () => plan('CHECKPOINT', { kind: 'nothing' }),
};

export function isUtility({ node }: ParsedStatement): boolean {
  return tagOf(node) in HANDLERS;
}

/** null: not a utility statement of these. */
export function planUtility(
  statement: ParsedStatement,
  catalog: Catalog,
  settings: CompileSettings,
): UtilityPlan | null {
  const { node, source } = statement;
  const handler = HANDLERS[tagOf(node)];
  if (handler === undefined) return null;
  return handler(fieldsOf(node), statement, new BindContext(catalog, settings, source, null));
}

function plan(
  name: string,
  utility: Utility,
  columns: readonly ResultColumn[] | null = null,
): UtilityPlan {
  return { kind: 'utility', tag: { name, hasCount: false }, utility, parameterTypes: [], columns };
}

function planSet(fields: Fields): UtilityPlan {
  const kind = text(fields, 'kind');
  const name = text(fields, 'name');
  if (kind === 'VAR_RESET_ALL') return plan('RESET', { kind: 'reset', name: null });
  if (kind === 'VAR_RESET') return plan('RESET', { kind: 'reset', name });
  if (kind === 'VAR_SET_MULTI') return planSetTransaction(name, fields);
  if (kind === 'VAR_SET_CURRENT')
    throw new PgError('0A000', 'SET ... FROM CURRENT is not supported');
  // What is in a list of names is one name, whatever is in it.
  const shown = name.toLowerCase() === 'search_path' ? quoteIdentifier : (word: string) => word;
  const value =
    kind === 'VAR_SET_DEFAULT'
      ? null
      : list(fields, 'args')
          .map((node) => shown(argument(node)))
          .join(', ');
  return plan('SET', { kind: 'set', name, value, isLocal: flag(fields, 'is_local') });
}

function planSetTransaction(name: string, fields: Fields): UtilityPlan {
  const isSession = name === 'SESSION CHARACTERISTICS';
  if (!isSession && name !== 'TRANSACTION') {
    throw new PgError('0A000', `SET ${name} is not supported`);
  }
  const modes = transactionModes(list(fields, 'args'));
  return plan('SET', { kind: 'set-transaction', modes, isSession });
}

/** A value of SET as text; names of a list are quoted where they must be. */
function argument(node: Node): string {
  const interval = asTag(node, 'TypeCast');
  if (interval !== null) return offsetOfInterval(interval);
  const constant = asTag(node, 'A_Const');
  if (constant === null) throw new PgError('0A000', 'this form of SET is not supported');
  const string = inner(constant, 'sval');
  if (string !== null) return text(string, 'sval');
  const float = inner(constant, 'fval');
  if (float !== null) return text(float, 'fval');
  const boolean = inner(constant, 'boolval');
  if (boolean !== null) return flag(boolean, 'boolval') ? 'on' : 'off';
  return String(integer(inner(constant, 'ival') ?? {}, 'ival'));
}

/** SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE: hours east. */
function offsetOfInterval(cast: Fields): string {
  const constant = asTag(child(cast, 'arg') ?? {}, 'A_Const') ?? {};
  const value = mustType(INTERVAL).parse(
    text(inner(constant, 'sval') ?? {}, 'sval'),
    -1,
    CANONICAL,
  );
  const { months, days, micros } = intervalOfStored(value);
  if (months !== 0 || days !== 0) {
    throw new PgError(
      '22023',
      'invalid value for parameter "TimeZone": an interval of months or days',
    );
  }
  return String(Number(micros / 1_000_000n) / 3600);
}

/** Names of settings that are not shown as they are written. */
const SHOWN_NAMES: Readonly<Record<string, string>> = {
  datestyle: 'DateStyle',
  intervalstyle: 'IntervalStyle',
  timezone: 'TimeZone',
};

function column(name: string): ResultColumn {
  return { name, type: TEXT, typmod: -1, tableOid: 0, columnNumber: 0 };
}

function planShow(fields: Fields): UtilityPlan {
  const name = text(fields, 'name');
  if (name === 'all') {
    const columns = [column('name'), column('setting'), column('description')];
    return plan('SHOW', { kind: 'show', name: null }, columns);
  }
  return plan('SHOW', { kind: 'show', name }, [column(SHOWN_NAMES[name.toLowerCase()] ?? name)]);
}
