// BEGIN, COMMIT, SAVEPOINT and the like, and the modes that they and SET TRANSACTION name.
import { PgError } from '../errors/pg-error.ts';
import { asTag, fieldsOf, flag, inner, integer, list, tagOf, text } from './parse/node.ts';
import type { Fields, Node } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { TransactionModes, TransactionStatement } from './plan.ts';

type Word = TransactionStatement['what'];

const WORDS: Readonly<Record<string, readonly [tag: string, what: Word]>> = {
  TRANS_STMT_BEGIN: ['BEGIN', 'begin'],
  TRANS_STMT_START: ['START TRANSACTION', 'begin'],
  TRANS_STMT_COMMIT: ['COMMIT', 'commit'],
  TRANS_STMT_ROLLBACK: ['ROLLBACK', 'rollback'],
  TRANS_STMT_SAVEPOINT: ['SAVEPOINT', 'savepoint'],
  TRANS_STMT_RELEASE: ['RELEASE', 'release'],
  TRANS_STMT_ROLLBACK_TO: ['ROLLBACK', 'rollback to'],
};

/** Throws 0A000 for two-phase commit. */
export function transactionStatement(fields: Fields): {
  readonly tag: string;
  readonly statement: TransactionStatement;
} {
  const found = WORDS[text(fields, 'kind')];
  if (found === undefined) throw new PgError('0A000', 'two-phase commit is not supported');
  const [tag, what] = found;
  const statement = {
    kind: 'transaction',
    what,
    name: text(fields, 'savepoint_name'),
    modes: transactionModes(list(fields, 'options')),
    isChain: flag(fields, 'chain'),
  } as const;
  return { tag, statement };
}

/** The last of several that say the same wins, as in Postgres. */
export function transactionModes(options: readonly Node[]): TransactionModes {
  const values = new Map(
    options.map((node) => {
      const option = asTag(node, 'DefElem') ?? {};
      const constant = asTag(option['arg'], 'A_Const') ?? {};
      return [text(option, 'defname'), constant] as const;
    }),
  );
  const boolean = (name: string): boolean | null => {
    const constant = values.get(name);
    return constant === undefined ? null : integer(inner(constant, 'ival') ?? {}, 'ival') === 1;
  };
  const isolation = values.get('transaction_isolation');
  return {
    isolation: isolation === undefined ? null : text(inner(isolation, 'sval') ?? {}, 'sval'),
    isReadOnly: boolean('transaction_read_only'),
    isDeferrable: boolean('transaction_deferrable'),
  };
}

/** What a statement does to transactions; null if it is another kind of statement. */
export function transactionWord({ node }: ParsedStatement): Word | null {
  if (tagOf(node) !== 'TransactionStmt') return null;
  return WORDS[text(fieldsOf(node), 'kind')]?.[1] ?? null;
}
