// Parts of transactions that are too large for one entry of the log. Each part is an entry of its
// own that only puts bytes here; the entry of the transaction itself then runs them all, so that it
// takes effect as a whole or not at all, whatever happens in between.
import type { NodeId } from '../raft/entry.ts';
import { must } from '../util/assert.ts';
import { splitRequest } from './request-codec.ts';
import type { RequestDecoder } from './request-codec.ts';
import type { StagedTransaction, Step } from './command.ts';
import type { Database } from './database.ts';
import type { MachineMutations } from './mutations.ts';
import { isRecorded } from './recorded-request.ts';
import type { RecordedRequest } from './recorded-request.ts';

const OF_PROCESS = 'node_id = ? AND incarnation = ?';
const OF_TRANSACTION = `${OF_PROCESS} AND transaction_id = ?`;

function keyOf({ nodeId, incarnation, transaction }: StagedTransaction): bigint[] {
  return [BigInt(nodeId), BigInt(incarnation), BigInt(transaction)];
}

/** The step of the request that stages a part; `part` from 0. */
export function stagePart(staged: StagedTransaction, part: number, bytes: Uint8Array): Step {
  return {
    sql: 'INSERT INTO "balsa.staged" VALUES (?, ?, ?, ?, ?)',
    values: [...keyOf(staged), BigInt(part), bytes],
    hasRows: false,
    isResult: true,
    rowsAtFault: null,
  };
}

/** The step of the request that gives them up. */
export function unstageParts(staged: StagedTransaction): Step {
  return {
    sql: `DELETE FROM "balsa.staged" WHERE ${OF_TRANSACTION}`,
    values: keyOf(staged),
    hasRows: false,
    isResult: true,
    rowsAtFault: null,
  };
}

export class StagedParts {
  readonly #database: Database;
  readonly #decoder: RequestDecoder;
  readonly #isReversed: boolean;

  constructor(database: Database, decoder: RequestDecoder, mutations: MachineMutations = {}) {
    this.#database = database;
    this.#isReversed = mutations.partOrderIgnored === true;
    this.#decoder = decoder;
  }

  /** False: some are gone, because the gateway was taken for gone. */
  isWhole(staged: StagedTransaction): boolean {
    const sql = `SELECT count(*) FROM "balsa.staged" WHERE ${OF_TRANSACTION}`;
    return this.#database.rows(sql, keyOf(staged))[0]?.[0] === BigInt(staged.parts);
  }

  /** In order, one in memory at a time. */
  *requests(staged: StagedTransaction): Iterable<RecordedRequest> {
    for (let count = 0; count < staged.parts; count++) {
      const part = this.#isReversed ? staged.parts - 1 - count : count;
      const sql = `SELECT data FROM "balsa.staged" WHERE ${OF_TRANSACTION} AND part = ?`;
      const [row] = this.#database.rows(sql, [...keyOf(staged), BigInt(part)]);
      const data = must(row?.[0], `part ${part} is staged`) as Uint8Array;
      const request = this.#decoder.decode(splitRequest(data));
      if (isRecorded(request)) yield request;
    }
  }

  drop(staged: StagedTransaction): void {
    const { sql, values } = unstageParts(staged);
    this.#database.run(sql, values);
  }

  /** What a process of a node has staged. */
  dropOf(nodeId: NodeId, incarnation: number): void {
    this.#database.run(`DELETE FROM "balsa.staged" WHERE ${OF_PROCESS}`, [
      BigInt(nodeId),
      BigInt(incarnation),
    ]);
  }

  /** True if parts of a process of a node wait for their transaction. */
  existOf(nodeId: NodeId, incarnation: number): boolean {
    const sql = `SELECT 1 FROM "balsa.staged" WHERE ${OF_PROCESS} LIMIT 1`;
    return this.#database.rows(sql, [BigInt(nodeId), BigInt(incarnation)]).length > 0;
  }
}
