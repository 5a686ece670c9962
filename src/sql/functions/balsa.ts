// Functions that show the state of the cluster. The node puts the facts in the context as JSON
// ('@nodes'), so they are as of the node that answers, and are not part of the replicated state.
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { CallContext, SetFunctionSignature } from './signature.ts';

const INT4 = 23;
const INT8 = 20;
const TEXT = 25;
const FLOAT8 = 701;

/** One node as '@nodes' lists them; absent numbers are null. */
export interface NodeFacts {
  readonly id: number;
  readonly role: string;
  readonly term: number | null;
  readonly leader: number | null;
  readonly commit: number | null;
  readonly applied: number | null;
  readonly lag: number | null;
  readonly logBytes: number | null;
  readonly databaseBytes: number | null;
  readonly address: string | null;
  readonly version: string | null;
  /** 'ok', 'silent', or why the node does not serve. */
  readonly state: string;
  readonly ageSeconds: number | null;
}

function integer(value: number | null): SqliteValue {
  return value === null ? null : BigInt(value);
}

function* nodeRows(
  _args: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const nodes = JSON.parse(context.setting('@nodes') ?? '[]') as readonly NodeFacts[];
  for (const node of nodes) {
    yield [
      BigInt(node.id),
      node.role,
      integer(node.term),
      integer(node.leader),
      integer(node.commit),
      integer(node.applied),
      integer(node.lag),
      integer(node.logBytes),
      integer(node.databaseBytes),
      node.address,
      node.version,
      node.state,
      node.ageSeconds,
    ];
  }
}

/** `balsa_nodes()`; the view balsa_nodes is `select * from` it. */
export const balsaNodes: SetFunctionSignature = {
  oid: 9001,
  name: 'balsa_nodes',
  arguments: [],
  columns: [
    { name: 'id', type: INT4 },
    { name: 'role', type: TEXT },
    { name: 'term', type: INT8 },
    { name: 'leader', type: INT4 },
    { name: 'commit_index', type: INT8 },
    { name: 'applied_index', type: INT8 },
    { name: 'lag', type: INT8 },
    { name: 'log_bytes', type: INT8 },
    { name: 'database_bytes', type: INT8 },
    { name: 'client_address', type: TEXT },
    { name: 'version', type: TEXT },
    { name: 'state', type: TEXT },
    { name: 'seen_seconds_ago', type: FLOAT8 },
  ],
  isStrict: false,
  volatility: 'volatile',
  sqlName: 'pg_balsa_nodes',
  rows: nodeRows,
};
