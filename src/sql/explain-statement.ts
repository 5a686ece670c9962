// EXPLAIN, with the options that there are.
import { notSupported, PgError } from '../errors/pg-error.ts';
import { asTag, child, inner, list, tagOf, text } from './parse/node.ts';
import type { Fields, Node } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { ExplainStatement } from './plan.ts';

const EXPLAINED = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'ExecuteStmt'];
/** Options that ask for nothing more than what is shown. */
const WITHOUT_EFFECT = ['costs', 'verbose', 'settings', 'summary'];

function isOn(option: Fields): boolean {
  const argument = child(option, 'arg');
  if (argument === null) return true;
  const boolean = inner(asTag(argument, 'Boolean') ?? {}, 'boolval');
  const word = text(asTag(argument, 'String') ?? {}, 'sval').toLowerCase();
  return boolean !== null || !['off', 'false', '0', 'no'].includes(word);
}

/** Throws 0A000, 42601. */
export function explainStatement(fields: Fields, statement: ParsedStatement): ExplainStatement {
  let isReplication = false;
  for (const node of list(fields, 'options')) {
    const option = asTag(node, 'DefElem') ?? {};
    const name = text(option, 'defname');
    if (name === 'replication') isReplication = isOn(option);
    else if (name === 'format' && formatOf(option) === 'text') continue;
    else if (['analyze', 'buffers', 'wal', 'timing', 'format', 'generic_plan'].includes(name)) {
      if (isOn(option)) throw notSupported(`EXPLAIN (${name.toUpperCase()})`);
    } else if (!WITHOUT_EFFECT.includes(name)) {
      throw new PgError('42601', `unrecognized EXPLAIN option "${name}"`);
    }
  }
  const query: Node | null = child(fields, 'query');
  if (query === null || !EXPLAINED.includes(tagOf(query))) {
    throw notSupported('EXPLAIN of anything but SELECT, INSERT, UPDATE, DELETE and EXECUTE');
  }
  // A text of its own, by which its plan is remembered.
  const explained = { node: query, source: statement.source, text: `${statement.text} -- inside` };
  return { kind: 'explain', query: explained, isReplication };
}

function formatOf(option: Fields): string {
  return text(asTag(child(option, 'arg'), 'String') ?? {}, 'sval').toLowerCase();
}
