// Functions of sequences (PG: 9.17 Sequence Manipulation Functions).
import { SEQUENCES_OID } from '../../catalog/system/oids.ts';
import { PgError } from '../../errors/pg-error.ts';
import type { Relation } from '../../catalog/catalog.ts';
import { BOOL, INT8, OID } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, sql } from './builders.ts';
import { catalogOf, REGCLASS } from './catalog-context.ts';
import { readSessionSequences } from './session-sequences.ts';
import type {
  CallContext,
  FunctionSignature,
  SequenceRun,
  SetFunctionSignature,
} from './signature.ts';

const EFFECT = { volatility: 'volatile', hasEffects: true } as const;
/** What the session got before, see SessionContext. */
const BY_SESSION = { volatility: 'volatile', settings: ['@sequences'] } as const;

function setval(args: readonly SqliteValue[], context: CallContext): bigint {
  const [oid, value, isCalled = 1n] = args as readonly bigint[];
  context.setval(Number(oid), value as bigint, isCalled === 1n);
  return value as bigint;
}

function sequenceByOid(oid: SqliteValue | undefined, context: CallContext): Relation {
  const relation = catalogOf(context).relationByOid(Number(oid));
  if (relation === null) {
    throw new PgError('XX000', `could not open relation with OID ${String(oid)}`);
  }
  if (relation.kind === 'S') return relation;
  throw new PgError('42809', `"${relation.name}" is not a sequence`);
}

function currval([oid]: readonly SqliteValue[], context: CallContext): bigint {
  const relation = sequenceByOid(oid, context);
  const { values } = readSessionSequences(context.setting('@sequences'));
  const value = values.get(relation.oid);
  if (value !== undefined) return value;
  throw new PgError(
    '55000',
    `currval of sequence "${relation.name}" is not yet defined in this session`,
  );
}

function lastval(_args: readonly SqliteValue[], context: CallContext): bigint {
  const { last, values } = readSessionSequences(context.setting('@sequences'));
  const value = values.get(last);
  // Dropped meanwhile: as if it had never been called.
  const isThere = value !== undefined && catalogOf(context).relationByOid(last) !== null;
  if (isThere) return value;
  throw new PgError('55000', 'lastval is not yet defined in this session');
}

/** As many values as the sequence has, at least one, as runs: for transactions that take them beforehand. */
function* reservedValues(
  [oid, count]: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  for (let left = Number(count); left > 0;) {
    let run: SequenceRun;
    try {
      run = context.nextvals(Number(oid), left);
    } catch (error) {
      const isEnd = error instanceof PgError && error.code === '2200H';
      if (isEnd && left < Number(count)) return;
      throw error;
    }
    left -= run.count;
    yield [run.first, run.increment, BigInt(run.count)];
  }
}

export const SEQUENCE_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 0,
    name: 'balsa_reserved_values',
    arguments: [REGCLASS, INT8],
    columns: ['first', 'increment', 'count'].map((name) => ({ name, type: INT8 })),
    isStrict: true,
    volatility: 'volatile',
    hasEffects: true,
    sqlName: 'pg_reserved_values',
    rows: reservedValues,
  },
];

export const SEQUENCE_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'nextval',
    [REGCLASS],
    INT8,
    js('pg_nextval', ([oid], context) => context.nextval(Number(oid))),
    { ...EFFECT, oid: 1574 },
  ),
  fn('setval', [REGCLASS, INT8], INT8, js('pg_setval', setval), { ...EFFECT, oid: 1576 }),
  fn('setval', [REGCLASS, INT8, BOOL], INT8, js('pg_setval', setval), { ...EFFECT, oid: 1765 }),
  fn('currval', [REGCLASS], INT8, js('pg_currval', currval), { ...BY_SESSION, oid: 1575 }),
  fn('lastval', [], INT8, js('pg_lastval', lastval), { ...BY_SESSION, oid: 2559 }),
  fn(
    'pg_sequence_last_value',
    [REGCLASS],
    INT8,
    sql(
      (oid) =>
        `(SELECT last_value FROM "balsa.sequence" WHERE "oid" = pg_sequence_oid(${oid}) AND is_called = 1)`,
    ),
    { volatility: 'volatile', oid: 4032, reads: SEQUENCES_OID },
  ),
  // Throws if it is none.
  fn(
    'pg_sequence_oid',
    [REGCLASS],
    OID,
    js('pg_sequence_oid', ([oid], context) => BigInt(sequenceByOid(oid, context).oid)),
    { volatility: 'stable' },
  ),
];
