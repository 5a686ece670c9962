// A machine with open transactions: statements are speculated as a gateway has them speculated, and
// a commit proposes what was recorded.
import { withCascades } from '../../../src/catalog/cascades.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { encodeRequest, splitRequest } from '../../../src/machine/request-codec.ts';
import { DIGEST_BYTES } from '../../../src/machine/command.ts';
import type {
  Outcome,
  RecordedStatement,
  Request,
  ReservedSequence,
  Step,
} from '../../../src/machine/command.ts';
import type { MachineMutations } from '../../../src/machine/mutations.ts';
import { isError } from '../../../src/machine/told.ts';
import { must } from '../../../src/util/assert.ts';
import { request } from './entries.ts';
import { compileAll, SqlWorld, stepsOf } from './sql-world.ts';

interface Recorded {
  readonly steps: readonly Step[];
  readonly recorded: RecordedStatement;
  readonly writes: readonly number[];
}

/** One open transaction. */
export class OpenTransaction {
  readonly #world: TransactionWorld;
  readonly #id: number;
  readonly #now: bigint;
  readonly #statements: Recorded[] = [];
  #snapshot = 0;
  readonly #sequences: ReservedSequence[] = [];
  #sequencesSent = 0;
  readonly #base: Catalog;
  #catalog: Catalog;

  constructor(world: TransactionWorld, id: number) {
    this.#world = world;
    this.#id = id;
    this.#now = BigInt(id) * 1000n;
    this.#base = world.machine.context.loadCatalog() as Catalog;
    this.#catalog = this.#base;
  }

  /** What was told holds up to this entry. */
  get snapshot(): number {
    return this.#snapshot;
  }

  /**
   * Rows as text, `count N`, or an error's code; `conflict` ends the transaction. `standsAlone`: see
   * Speculate.
   */
  run(sql: string, standsAlone = false): string {
    const [plan] = compileAll(sql, this.#catalog);
    const { access, reads, writes, steps: _steps, changesSchema } = must(plan, 'one statement');
    const written = withCascades(this.#catalog, writes);
    return this.#tell(
      {
        steps: stepsOf(must(plan, 'one statement')),
        writes: written,
        recorded: {
          isRead: access === 'read',
          reads: access === 'read' ? reads : [...reads, ...written],
          changesSchema: changesSchema === true,
          settings: [['search_path', '"$user", public']],
          seed: 7 + this.#statements.length,
          actions: [],
          digest: new Uint8Array(DIGEST_BYTES),
        },
      },
      must(plan, 'one statement').catalog,
      standsAlone,
    );
  }

  /** SAVEPOINT and the like. */
  control(sql: string): string {
    const step = { sql, values: [], hasRows: false, isResult: false, rowsAtFault: null };
    const digest = new Uint8Array(DIGEST_BYTES);
    const recorded = {
      isRead: false,
      reads: [],
      changesSchema: true,
      settings: [],
      seed: 0,
      actions: [],
      digest,
    };
    return this.#tell({ steps: [step], writes: [], recorded }, this.#catalog);
  }

  #tell(next: Recorded, after: Catalog, standsAlone = false): string {
    const isWhole = this.#statements.length === 0;
    const sequences = this.#sequences.slice(isWhole ? 0 : this.#sequencesSent);
    const answer = this.#world.machine.speculate({
      id: this.#id,
      isWhole,
      isKept: true,
      standsAlone,
      request: this.#request([next], sequences),
    });
    this.#sequencesSent = this.#sequences.length;
    if (answer.kind === 'exhausted') {
      this.#reserve(answer.sequence);
      return this.#tell(next, after, standsAlone);
    }
    if (answer.kind !== 'told') return answer.kind;
    this.#snapshot = answer.snapshot;
    this.#statements.push({ ...next, recorded: { ...next.recorded, digest: answer.digest } });
    if (isError(answer.told)) return answer.told.code;
    this.#catalog = after;
    const { rows, count } = answer.told;
    return rows === null ? `count ${count}` : rows.map((row) => row.join(' ')).join(', ');
  }

  #reserve(oid: number): void {
    const isOwn = this.#base.relationByOid(oid) === null;
    const outcome = isOwn ? null : this.#world.sql(`SELECT nextval(${oid}::oid::regclass)`);
    const rows = outcome?.kind === 'done' ? outcome.results[0]?.rows : null;
    const runs = (rows ?? []).map(([first]) => ({
      first: first as bigint,
      increment: 1n,
      count: 1,
    }));
    this.#sequences.push({ oid, isOwn, runs });
  }

  #request(
    statements: readonly Recorded[],
    sequences: readonly ReservedSequence[] = this.#sequences,
  ): Request {
    return request([], {
      schemaVersion: this.#base.version,
      schemaChanges: this.#catalog.version - this.#base.version,
      now: this.#now,
      statements: statements.map(({ steps }) => steps),
      writes: statements.flatMap(({ writes }) => writes),
      recording: {
        snapshot: this.#snapshot,
        statements: statements.map(({ recorded }) => recorded),
        sequences,
        locks: null,
        staged: null,
      },
    });
  }

  /** What a commit proposes. */
  get request(): Request {
    return this.#request(this.#statements);
  }

  commit(): Outcome {
    const outcome = this.#world.request(this.request);
    this.rollback();
    return outcome;
  }

  /** The machine is told that it comes: as the next entry it need not run again. */
  propose(): void {
    const encoded = splitRequest(encodeRequest(this.request));
    this.#world.machine.proposeSpeculation(this.#id, encoded);
  }

  rollback(): void {
    this.#world.machine.forgetSpeculation(this.#id);
  }
}

export class TransactionWorld extends SqlWorld {
  #nextId = 1;

  constructor(mutations: MachineMutations = {}) {
    super(mutations);
  }

  begin(): OpenTransaction {
    return new OpenTransaction(this, this.#nextId++);
  }
}
