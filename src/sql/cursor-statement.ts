// DECLARE, FETCH, MOVE and CLOSE (PG: 43.7 is PL/pgSQL's; SQL's are in the reference pages).
import { PgError } from '../errors/pg-error.ts';
import { changesInWith } from './bind/changing-with.ts';
import { child, flag, integer, list, asTag, text } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { CursorStatement } from './plan.ts';

/** DeclareCursorStmt.options (PG: parsenodes.h, CURSOR_OPT). */
const BINARY = 0x1;
const SCROLL = 0x2;
const NO_SCROLL = 0x4;
const HOLD = 0x20;
/** FETCH ALL in a parser of 32 bits. */
const ALL = 0x7fff_ffff;

export function declareStatement(fields: Fields, statement: ParsedStatement): CursorStatement {
  const options = integer(fields, 'options');
  const query = child(fields, 'query');
  const select = asTag(query, 'SelectStmt');
  if (query === null || select === null) throw new PgError('42601', 'DECLARE needs a query');
  if (changesInWith(query)) {
    const message = 'DECLARE CURSOR must not contain data-modifying statements in WITH';
    throw new PgError('0A000', message);
  }
  if (list(select, 'lockingClause').length > 0 && (options & HOLD) !== 0) {
    throw new PgError('0A000', 'DECLARE CURSOR WITH HOLD ... FOR UPDATE is not supported', {
      detail: 'Holdable cursors must be READ ONLY.',
    });
  }
  const name = text(fields, 'portalname');
  return {
    kind: 'declare-cursor',
    name,
    isHold: (options & HOLD) !== 0,
    isBinary: (options & BINARY) !== 0,
    mayScroll: (options & NO_SCROLL) === 0 || (options & SCROLL) !== 0,
    // A text of its own, by which its plan is remembered.
    query: { node: query, source: statement.source, text: `${statement.text} -- its query` },
  };
}

const DIRECTIONS = {
  FETCH_FORWARD: 'forward',
  FETCH_BACKWARD: 'backward',
  FETCH_ABSOLUTE: 'absolute',
  FETCH_RELATIVE: 'relative',
} as const;

export function fetchStatement(fields: Fields): CursorStatement {
  const how = DIRECTIONS[text(fields, 'direction') as keyof typeof DIRECTIONS];
  const howMany = integer(fields, 'howMany');
  const isAll = howMany === ALL && (how === 'forward' || how === 'backward');
  return {
    kind: 'fetch',
    name: text(fields, 'portalname'),
    how,
    count: isAll ? Infinity : howMany,
    isMove: flag(fields, 'ismove'),
  };
}

export function closeStatement(fields: Fields): CursorStatement {
  const name = text(fields, 'portalname');
  return { kind: 'close-cursor', name: name === '' ? null : name };
}
