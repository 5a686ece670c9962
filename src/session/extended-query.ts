// The extended protocol (PG: 55.2.3): named statements and portals. Writes between two Syncs are one
// transaction: they are collected and run together at Sync. When a result is needed before, they
// begin a block that ends at Sync. Answers come in the order of the messages all the same: those
// behind a statement that was not run yet wait with it.
import { PgError } from '../errors/pg-error.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import type { CopyPlan } from '../sql/copy/plan.ts';
import { copyPlan, queryPlan } from '../sql/plan.ts';
import type { QueryPlan } from '../sql/plan.ts';
import { typeByOid } from '../types/registry.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { assert, must } from '../util/assert.ts';
import type { BoundPlan } from './backend.ts';
import { runCopy } from './copy.ts';
import { RowWriter, columnFormats, fieldDescriptions, formatTag, writeNotices } from './results.ts';
import { freshen, withNewestSchema } from './outdated-schema.ts';
import { PreparedStatement, decodeParameters } from './prepared-statement.ts';
import type { BindMessage } from './prepared-statement.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';
import { dependsOnTables } from './session-plan.ts';
import type { LatePlan, SessionPlan, SessionUtilityPlan } from './session-plan.ts';
import { Portals } from './portals.ts';
import type { Portal } from './portals.ts';
import { runUtility } from './utility.ts';

type Message<K extends FrontendMessage['kind']> = Extract<FrontendMessage, { kind: K }>;

/** Without a Sync more is not collected: it is run then. */
const DEFERRED_BYTES_MAX = 32 * 1024 * 1024;
/** Of a message that waits, beside its values. */
const OVERHEAD_BYTES = 1024;

/** An Execute whose statement waits for Sync. */
interface Deferred {
  readonly portal: Portal;
  readonly rowsMax: number;
  /** Answers to the messages behind it. */
  readonly replies: Buffer[];
  /** Take back what those messages did, beside the transaction. */
  readonly undo: (() => void)[];
}

function takeBack(failed: readonly Deferred[]): void {
  for (const { undo } of failed.toReversed()) for (const each of undo.toReversed()) each();
}

export class ExtendedQuery {
  readonly #context: SessionContext;
  readonly #portals: Portals;
  #deferred: Deferred[] = [];
  /** What they take of memory, about. */
  #deferredBytes = 0;
  /** Statements have run since the last Sync. */
  #hasExecuted = false;
  /** A transaction has, since this was looked at. */
  #hasEnded = false;
  /** The schema after the deferred statements; null: as the node has it. */
  #catalog: Catalog | null = null;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#portals = new Portals(context.kept);
    context.block.onEnd(() => {
      this.#hasEnded = true;
    });
  }

  /** Writes the answer to a message, to be sent when its turn has come. */
  #reply(write: () => void): void {
    const { writer } = this.#context;
    const start = writer.length;
    write();
    const last = this.#deferred.at(-1);
    if (last === undefined) return;
    const reply = writer.cut(start);
    last.replies.push(reply);
    this.#deferredBytes += reply.length + OVERHEAD_BYTES;
  }

  /** If a statement before it fails, when it is run at last, the message was never to be looked at. */
  #changeStatement(name: string, change: () => void): void {
    const { statements } = this.#context;
    const putBack = statements.keep(name);
    change();
    this.#deferred.at(-1)?.undo.push(putBack);
  }

  async parse(message: Message<'parse'>): Promise<void> {
    // Gone also if this Parse fails.
    const { statements } = this.#context;
    if (message.name === '') this.#changeStatement('', () => statements.delete(''));
    const parsed = this.#context.backend.parse(message.sql);
    if (parsed.length > 1) {
      throw new PgError('42601', 'cannot insert multiple commands into a prepared statement');
    }
    const [statement = null] = parsed;
    if (statement !== null) this.#context.block.refuseIfFailed(statement);
    const unknown = message.parameterTypes.find((oid) => oid !== 0 && typeByOid(oid) === null);
    if (unknown !== undefined)
      throw new PgError('42704', `type with OID ${unknown} does not exist`);
    const prepared = new PreparedStatement(
      this.#context,
      statement,
      message.parameterTypes,
      message.sql,
    );
    await withNewestSchema(this.#context, () => prepared.prepare(this.#catalog));
    prepared.checkDeclaredTypes();
    statements.refuseTaken(message.name);
    this.#changeStatement(message.name, () => statements.set(message.name, prepared, false));
    this.#reply(() => this.#context.writer.parseComplete());
  }

  async bind(message: Message<'bind'>): Promise<void> {
    const prepared = this.#context.statements.get(message.statement);
    const { block } = this.#context;
    if (block.status === 'E') {
      checkCounts(message, prepared.parameterTypes);
      block.refuseIfFailed(message.parameters.length > 0 ? null : prepared.parsed);
    }
    const { plan, parameters } = await withNewestSchema(this.#context, () =>
      this.#bind(prepared, message, () => this.#portals.refuseTaken(message.portal)),
    );
    const portal: Portal = {
      prepared,
      message,
      parameters,
      resultFormats: message.resultFormats,
      plan,
      isExecuted: false,
      isDeferred: false,
      tag: null,
      result: null,
      sent: 0,
      isDone: false,
    };
    this.#portals.set(message.portal, portal);
    this.#reply(() => this.#context.writer.bindComplete());
  }

  #bind(
    prepared: PreparedStatement,
    message: BindMessage,
    checkName: () => void = () => undefined,
  ): {
    readonly plan: SessionPlan | LatePlan | null;
    readonly parameters: readonly SqliteValue[];
  } {
    const plan = prepared.prepare(this.#catalog);
    const types = prepared.typesOfParameters(plan);
    checkCounts(message, types);
    checkName();
    const decoded = decodeParameters(this.#context, message, types);
    const columns = plan?.columns ?? null;
    if (columns !== null) columnFormats(columns.length, message.resultFormats);
    const isUsed = plan !== null && plan.parameterTypes.length > 0;
    return { plan, parameters: isUsed ? decoded : [] };
  }

  async describe(message: Message<'describe'>): Promise<void> {
    const portal = message.what === 'portal' ? this.#portals.get(message.name) : null;
    const prepared = portal?.prepared ?? this.#context.statements.get(message.name);
    const plan = await this.#settle(prepared, portal);
    this.#reply(() => this.#describe(prepared, plan, portal));
  }

  /**
   * The plan that the client is told of: of the newest schema, as nothing looks at it again before
   * rows leave. In a block it is the schema that the block has seen.
   */
  async #settle(
    prepared: PreparedStatement,
    portal: Portal | null,
  ): Promise<SessionPlan | LatePlan | null> {
    if (portal?.isExecuted === true) return portal.plan;
    const compile = (): SessionPlan | LatePlan | null => prepared.prepare(this.#catalog);
    const found = portal === null ? await withNewestSchema(this.#context, compile) : portal.plan;
    if (found === null || prepared.isTold || !isTelling(found, portal)) return found;
    let plan: SessionPlan | LatePlan | null = found;
    if (!this.#context.block.hasRun && dependsOnTables(found)) {
      await freshen(this.#context);
      plan = compile();
      if (portal !== null && plan !== found) {
        Object.assign(portal, this.#bind(prepared, portal.message));
        ({ plan } = portal);
      }
    }
    prepared.tell(plan);
    return plan;
  }

  #describe(
    prepared: PreparedStatement,
    plan: SessionPlan | LatePlan | null,
    portal: Portal | null,
  ): void {
    const { writer } = this.#context;
    if (portal === null) {
      writer.parameterDescription(prepared.typesOfParameters(plan));
    }
    if (plan === null || plan.columns === null) {
      writer.noData();
      return;
    }
    const formats = columnFormats(plan.columns.length, portal?.resultFormats ?? []);
    writer.rowDescription(fieldDescriptions(plan.columns, formats));
  }

  async execute(message: Message<'execute'>): Promise<void> {
    const portal = this.#portals.get(message.portal);
    const { rowsMax } = message;
    if (portal.plan === null) {
      this.#reply(() => this.#context.writer.emptyQueryResponse());
      return;
    }
    const { block } = this.#context;
    block.refuseIfFailed(portal.prepared.parsed);
    const plan = await this.#analyzed(portal, portal.plan);
    if (portal.isExecuted && plan.columns === null) {
      throw new PgError('55000', `portal "${message.portal}" cannot be run`);
    }
    portal.isExecuted = true;
    this.#context.query = portal.prepared.parsed?.text ?? '';
    if (portal.isDeferred && this.#deferred.length > 0) await this.#openBlock();
    if (portal.result !== null) return this.#reply(() => this.#sendRows(portal, rowsMax));
    const isPipeline = this.#hasExecuted && !block.isExplicit;
    this.#hasExecuted = plan.kind !== 'utility' || plan.utility.kind !== 'transaction';
    if (plan.kind === 'utility') {
      if (isPipeline) refuseInPipeline(plan);
      await this.#openBlock();
      if (plan.utility.kind === 'transaction') {
        this.#hasEnded = false;
        portal.tag = await block.control(plan.utility, plan.tag.name);
        portal.result = { rows: null, count: 0 };
        // They were of the transaction that has ended, or of none.
        if (this.#hasEnded || !block.isOpen) this.#portals.clear();
      } else {
        // What follows is one transaction with it.
        if (plan.utility.kind === 'execute' && !block.isOpen) block.beginImplicit();
        portal.result = await runUtility(this.#context, plan, portal.parameters);
      }
      return this.#sendRows(portal, rowsMax);
    }
    if (plan.kind === 'copy') return this.#runCopy(portal, plan);
    block.refuseWrite(plan);
    if (plan.isOfSession === true) await this.#openBlock();
    if (block.isOpen) return this.#runInBlock(portal, plan, rowsMax);
    if (plan.access === 'read' && this.#deferred.length === 0) {
      return this.#runRead(portal, plan, rowsMax);
    }
    portal.isDeferred = true;
    this.#deferred.push({ portal, rowsMax, replies: [], undo: [] });
    this.#catalog = plan.catalog;
    this.#deferredBytes += OVERHEAD_BYTES + bytesOf(portal.message);
  }

  /** Throws PgError if the statement is wrong, now that it is to run. */
  async #analyzed(portal: Portal, plan: SessionPlan | LatePlan): Promise<SessionPlan> {
    if (plan.kind !== 'late') return plan;
    const { prepared } = portal;
    const analyzed = await withNewestSchema(this.#context, () => prepared.compile(this.#catalog));
    portal.plan = must(analyzed, 'it is not empty');
    return portal.plan;
  }

  async #runInBlock(portal: Portal, plan: QueryPlan, rowsMax: number): Promise<void> {
    const { prepared, message, parameters } = portal;
    let used = plan;
    portal.result = await this.#context.block.run({ plan, parameters }, (catalog) => {
      const again = prepared.bindFor(catalog, plan, message);
      used = again.plan;
      return again;
    });
    portal.plan = used;
    this.#sendRows(portal, rowsMax);
  }

  async #runCopy({ prepared }: Portal, plan: CopyPlan): Promise<void> {
    await this.#openBlock();
    const { block } = this.#context;
    // It takes effect with Sync: what fails before undoes it.
    if (!block.isOpen && plan.query.access === 'write') block.beginImplicit();
    const compile = (catalog: Catalog): CopyPlan => copyPlan(prepared.compileFor(catalog));
    await runCopy(this.#context, plan, compile);
  }

  /** Runs what was collected in a block, so that what follows is one transaction with it. */
  async #openBlock(): Promise<void> {
    const deferred = this.#deferred;
    if (deferred.length === 0) return;
    this.discard();
    const { block, writer } = this.#context;
    block.beginImplicit();
    for (const [at, { portal, rowsMax, replies }] of deferred.entries()) {
      try {
        // Compiled before for the schema that the statements before it would leave.
        const { plan, parameters } = portal.prepared.bindFor(
          block.catalog(),
          analyzed(portal.plan),
          portal.message,
        );
        Object.assign(portal, { plan, parameters });
        await this.#runInBlock(portal, plan, rowsMax);
      } catch (error) {
        takeBack(deferred.slice(at));
        throw error;
      }
      for (const reply of replies) writer.append(reply);
    }
  }

  async #runRead(portal: Portal, plan: QueryPlan, rowsMax: number): Promise<void> {
    const bound = [{ plan, parameters: portal.parameters }];
    const options = runOptions(this.#context);
    const { backend } = this.#context;
    const result =
      backend.runImmediately?.(bound, options) ??
      (await backend.run(bound, options, null, () => this.#rebind([portal])));
    if (result.error !== null) throw result.error;
    portal.result = result.results[0] ?? null;
    this.#sendRows(portal, rowsMax);
  }

  /** The schema moved on: the same statements, compiled for the new one. */
  #rebind(portals: readonly Portal[]): readonly BoundPlan[] {
    this.#catalog = null;
    return portals.map((portal) => {
      const { prepared, message } = portal;
      // It fails here if it is wrong by now.
      prepared.compile(this.#catalog);
      const { plan, parameters } = this.#bind(prepared, message);
      const query = queryPlan(analyzed(plan));
      Object.assign(portal, { plan, parameters });
      this.#catalog = query.catalog;
      return { plan: query, parameters };
    });
  }

  /**
   * Runs what was collected as one transaction and sends its results. `failure`: what a message
   * behind it failed with already; then it does not take effect.
   */
  async #runDeferred(failure: PgError | null = null): Promise<void> {
    const deferred = this.#deferred;
    if (deferred.length === 0) return;
    this.#deferred = [];
    this.#deferredBytes = 0;
    const portals = deferred.map(({ portal }) => portal);
    const bound = portals.map(({ plan, parameters }) => ({ plan: plan as QueryPlan, parameters }));
    const { backend } = this.#context;
    const result = await backend
      .run(bound, runOptions(this.#context), failure, () => this.#rebind(portals))
      .finally(() => (this.#catalog = null));
    for (const [at, { portal, rowsMax, replies }] of deferred.entries()) {
      const statementResult = result.results[at];
      if (statementResult === undefined) break;
      portal.result = statementResult;
      this.#sendRows(portal, rowsMax);
      for (const reply of replies) this.#context.writer.append(reply);
    }
    if (result.error === null) return;
    takeBack(deferred.slice(result.results.length));
    throw result.error;
  }

  #sendRows(portal: Portal, rowsMax: number): void {
    const { plan, result } = portal;
    if (plan === null || plan.kind === 'late' || result === null) return;
    const { writer } = this.#context;
    if (portal.sent === 0 && !portal.isDone) writeNotices(this.#context, plan);
    if (plan.columns === null || result.rows === null) {
      writer.commandComplete(portal.tag ?? formatTag(plan.tag, result.count));
      return;
    }
    const end =
      rowsMax === 0 ? result.rows.length : Math.min(portal.sent + rowsMax, result.rows.length);
    const formats = columnFormats(plan.columns.length, portal.resultFormats);
    const rows =
      portal.sent === 0 && end === result.rows.length
        ? result.rows
        : result.rows.slice(portal.sent, end);
    const count = end - portal.sent;
    this.#portals.advance(portal, end);
    new RowWriter(this.#context, plan.columns, formats).write(rows);
    portal.prepared.tell(plan);
    // Postgres reports a suspended portal when the limit was reached, even at the last row.
    if (rowsMax > 0 && count === rowsMax) writer.portalSuspended();
    else writer.commandComplete(formatTag(plan.tag, count));
  }

  close(message: Message<'close'>): void {
    if (message.what === 'portal') this.#portals.delete(message.name);
    else {
      const { statements } = this.#context;
      this.#changeStatement(message.name, () => statements.delete(message.name));
    }
    this.#reply(() => this.#context.writer.closeComplete());
  }

  /** So much was collected that it is to be run, though nobody asks for it yet. */
  get isOverfull(): boolean {
    return this.#deferredBytes > DEFERRED_BYTES_MAX;
  }

  /** Statements were collected that no answer was sent for. */
  get isWaiting(): boolean {
    return this.#deferred.length > 0;
  }

  /** The client wants all answers so far. */
  async flush(): Promise<void> {
    await this.#openBlock();
  }

  async sync(): Promise<void> {
    await this.#runDeferred();
    await this.#context.block.endImplicit();
  }

  /**
   * A message failed: what was collected before it is answered, and does not take effect. Returns
   * what failed first.
   */
  async fail(error: unknown): Promise<unknown> {
    if (this.#deferred.length === 0 || !(error instanceof PgError)) return error;
    try {
      await this.#runDeferred(error);
      return error;
    } catch (earlier) {
      return earlier;
    }
  }

  /** What was collected does not take effect. */
  discard(): void {
    this.#deferred = [];
    this.#deferredBytes = 0;
    this.#catalog = null;
  }

  /** Portals live until the end of their transaction. */
  endCycle(): void {
    this.#hasExecuted = false;
    this.discard();
    if (!this.#context.block.isOpen) this.#portals.clear();
  }
}

function bytesOf({ parameters }: BindMessage): number {
  return parameters.reduce((bytes, value) => bytes + (value?.length ?? 0), 0);
}

/** Throws 25001 for what has to be a transaction by itself. */
function refuseInPipeline({ utility, tag }: SessionUtilityPlan): void {
  const isAlone = utility.kind === 'discard' ? utility.what === 'all' : tag.name === 'VACUUM';
  if (isAlone) throw new PgError('25001', `${tag.name} cannot be executed within a pipeline`);
}

/** Throws 08P01. */
function checkCounts(
  { statement, parameters, parameterFormats }: BindMessage,
  types: readonly Oid[],
): void {
  const count = parameterFormats.length;
  if (count > 1 && count !== parameters.length) {
    throw new PgError(
      '08P01',
      `bind message has ${count} parameter formats but ${parameters.length} parameters`,
    );
  }
  if (parameters.length !== types.length) {
    throw new PgError(
      '08P01',
      `bind message supplies ${parameters.length} parameters, but prepared statement "${statement}" requires ${types.length}`,
    );
  }
}

/** Of a statement that has begun to run. */
function analyzed(plan: SessionPlan | LatePlan | null): SessionPlan {
  assert(plan !== null && plan.kind !== 'late', 'what runs has a plan');
  return plan;
}

/** Describe tells the parameters of a statement, not those of a portal. */
function isTelling(
  { columns, parameterTypes }: SessionPlan | LatePlan,
  portal: Portal | null,
): boolean {
  return columns !== null || (portal === null && parameterTypes.length > 0);
}
