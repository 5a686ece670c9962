// Sessions of the node that the client is connected to: what the view pg_stat_activity shows, and
// functions that cancel or end one (PG: 9.27.2, 28.2.3).
import { BOOL, INT4, TEXT, TIMESTAMPTZ } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { writeAction } from './lock-actions.ts';
import type { CallContext, FunctionSignature, SetFunctionSignature } from './signature.ts';

interface ActivityFact {
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  readonly startedMs: number;
  readonly state: string;
  readonly query: string;
}

/** Milliseconds between 1970 and 2000, from which timestamptz counts. */
const EPOCH_MS = 946_684_800_000;

function bigOrNull(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

function* activities(
  _args: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const facts = JSON.parse(context.setting('@activity') ?? '[]') as readonly ActivityFact[];
  for (const fact of facts) {
    yield [
      BigInt(fact.pid),
      fact.user,
      fact.database,
      fact.applicationName,
      fact.clientAddress,
      bigOrNull(fact.clientPort),
      BigInt(fact.startedMs - EPOCH_MS) * 1000n,
      fact.state,
      fact.query,
    ];
  }
}

function signal(name: string, oid: number, isEnd: boolean): FunctionSignature {
  return fn(
    name,
    [INT4],
    BOOL,
    js(name, ([pid], context) =>
      context.action(writeAction({ kind: 'signal', pid: Number(pid), isEnd })),
    ),
    { oid, volatility: 'volatile', isOfSession: true },
  );
}

export const ACTIVITY_FUNCTIONS: readonly FunctionSignature[] = [
  signal('pg_cancel_backend', 2171, false),
  signal('pg_terminate_backend', 2096, true),
];

export const ACTIVITY_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 0,
    name: 'balsa_sessions',
    arguments: [],
    columns: [
      { name: 'pid', type: INT4 },
      { name: 'usename', type: TEXT },
      { name: 'datname', type: TEXT },
      { name: 'application_name', type: TEXT },
      { name: 'client_addr', type: TEXT },
      { name: 'client_port', type: INT4 },
      { name: 'backend_start', type: TIMESTAMPTZ },
      { name: 'state', type: TEXT },
      { name: 'query', type: TEXT },
    ],
    isStrict: true,
    volatility: 'volatile',
    settings: ['@activity'],
    sqlName: 'pg_balsa_sessions',
    rows: activities,
  },
];
