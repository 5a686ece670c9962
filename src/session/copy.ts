// COPY over the wire (PG: 55.2.6 COPY Operations): rows are decoded as their bytes come, and sent in
// bounded pieces.
import { PgError } from '../errors/pg-error.ts';
import { copyFailReason, ProtocolError, typeByte } from '../protocol/frontend.ts';
import type { FrontendMessage, MessageKind } from '../protocol/frontend.ts';
import { LineReader } from '../sql/copy/line-reader.ts';
import type { CopyPlan } from '../sql/copy/plan.ts';
import { CopyPosition, inContext, lineContext } from '../sql/copy/position.ts';
import { createRowDecoder } from '../sql/copy/row-decoder.ts';
import type { RowDecoder } from '../sql/copy/row-decoder.ts';
import { createRowEncoder } from '../sql/copy/row-encoder.ts';
import { RowLines } from '../sql/copy/row-lines.ts';
import { ValueRowsWriter } from '../types/value-rows.ts';
import { openRows, openSink } from './copy-runner.ts';
import type { RowStream } from './backend.ts';
import type { CompileCopy, CopySink } from './copy-runner.ts';
import { formatTag, writeNotices } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { formatSettings } from './session-context.ts';
import { durationMs } from './setting-values.ts';

/** Rows are handed on, and sent, in pieces of about so many bytes. */
const PIECE_BYTES = 64 * 1024;

/** Writes everything of the answer but ReadyForQuery. Throws PgError. */
export async function runCopy(
  context: SessionContext,
  plan: CopyPlan,
  compile: CompileCopy,
): Promise<void> {
  context.block.refuseWrite(plan.query);
  writeNotices(context, plan.query);
  const count =
    plan.direction === 'from'
      ? await copyIn(context, plan, openSink(context, plan, compile))
      : await copyOut(context, plan, compile);
  context.writer.commandComplete(formatTag(plan.tag, count));
}

function formatCode({ options }: CopyPlan): 0 | 1 {
  return options.format === 'binary' ? 1 : 0;
}

// FROM STDIN --------------------------------------------------------------------------------------

async function copyIn(context: SessionContext, plan: CopyPlan, sink: CopySink): Promise<number> {
  const { writer, input } = context;
  writer.copyInResponse(formatCode(plan), plan.fields.length);
  const copy = new CopyIn(context, plan, sink);
  const stopListening = interruptions(context, (error) => input.interrupt(copy.located(error)));
  try {
    return await copy.run();
  } catch (error) {
    sink.abort();
    throw error;
  } finally {
    stopListening();
    input.endReading();
  }
}

/** Calls back if the client cancels, or the time for the statement is over. */
function interruptions(
  { cancellation, settings }: SessionContext,
  interrupt: (error: PgError) => void,
): () => void {
  const canceled = (why: string): PgError =>
    new PgError('57014', `canceling statement due to ${why}`);
  if (cancellation.isCanceled) interrupt(canceled('user request'));
  const stopListening = cancellation.listen(() => interrupt(canceled('user request')));
  const limitMs = durationMs(settings.get('statement_timeout'));
  const timer =
    limitMs > 0 ? setTimeout(() => interrupt(canceled('statement timeout')), limitMs) : undefined;
  return () => {
    stopListening();
    clearTimeout(timer);
  };
}

class CopyIn {
  readonly #context: SessionContext;
  readonly #plan: CopyPlan;
  readonly #sink: CopySink;
  readonly #position: CopyPosition;
  readonly #writer: ValueRowsWriter;
  readonly #decoder: RowDecoder;
  readonly #lines = new RowLines();
  readonly #record: InputRecord;

  constructor(context: SessionContext, plan: CopyPlan, sink: CopySink) {
    this.#context = context;
    this.#plan = plan;
    this.#sink = sink;
    this.#position = new CopyPosition(plan.relationName);
    this.#writer = new ValueRowsWriter(plan.fields.length);
    this.#record = new InputRecord(plan);
    this.#decoder = createRowDecoder(plan, this.#position, {
      writer: this.#writer,
      onRow: (line) => this.#lines.add(line),
      settings: formatSettings(context),
    });
  }

  async run(): Promise<number> {
    while (await this.#take());
    this.#decoder.end();
    await this.#handOn();
    return await this.#named(this.#sink.finish());
  }

  /** Takes a message; false: it was the last. */
  async #take(): Promise<boolean> {
    const next = this.#context.input.next();
    const message = next instanceof Promise ? await next : next;
    switch (message.kind) {
      case 'copy':
        return this.#takeCopy(message);
      // What the client sent behind Execute, before it knew that it is to send rows.
      case 'flush':
      case 'sync':
        return true;
      default:
        throw this.#unexpected(message.kind === 'malformed' ? message.of : message.kind);
    }
  }

  async #takeCopy(message: Extract<FrontendMessage, { kind: 'copy' }>): Promise<boolean> {
    switch (message.what) {
      case 'data':
        await this.#takeData(message.body);
        return true;
      case 'done':
        return false;
      case 'fail':
        throw this.located(failure(message.body));
    }
  }

  /** Nobody knows any more what the client means. */
  #unexpected(kind: MessageKind): ProtocolError {
    const type = typeByte(kind).toString(16).toUpperCase();
    const message = `unexpected message type 0x${type} during COPY from stdin`;
    this.#context.writer.error(this.located(new PgError('08P01', message)));
    const lost = 'terminating connection because protocol synchronization was lost';
    return new ProtocolError(message, new PgError('08P01', lost, { severity: 'FATAL' }));
  }

  /** A message may hold any number of rows. */
  async #takeData(data: Buffer): Promise<void> {
    this.#record.add(data);
    for (let at = 0; at < data.length; at += PIECE_BYTES) {
      this.#decoder.push(data.subarray(at, at + PIECE_BYTES));
      if (this.#writer.length >= PIECE_BYTES) await this.#handOn();
      // Other clients have their turn while a long message is read.
      if (at + PIECE_BYTES < data.length) await this.#context.flush();
    }
  }

  /** Where the input is read at the moment, as Postgres says it. */
  located(error: PgError): PgError {
    return this.#position.line === 0 ? error : this.#position.locate(error);
  }

  #handOn(): Promise<void> {
    return this.#named(this.#sink.rows(this.#writer.take()));
  }

  /** Errors about a row name its line. */
  async #named<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof PgError ? this.#atRow(error) : error;
    }
  }

  #atRow(error: PgError): PgError {
    const { row, ...fields } = error.fields;
    const line = row === undefined ? null : this.#lines.lineOf(row);
    if (line === null) return error;
    // Postgres looks at rows where it reads them, but puts keys into an index for many rows at once.
    const text = error.code === '23505' ? null : this.#record.textOfLine(line);
    return inContext(
      new PgError(error.code, error.message, fields),
      lineContext(this.#plan.relationName, line, text),
    );
  }
}

/** The error that the client asks for, or that about how it does. */
function failure(body: Buffer): PgError {
  try {
    return new PgError('57014', `COPY from stdin failed: ${copyFailReason(body)}`);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
}

/** More is not kept: the error goes without the text of its line then. */
const RECORDED_BYTES_MAX = 16 * 1024 * 1024;

/** The input as it came: the error of a row shows its line. */
class InputRecord {
  readonly #plan: CopyPlan;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(plan: CopyPlan) {
    this.#plan = plan;
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > RECORDED_BYTES_MAX) this.#pieces = [];
    else this.#pieces.push(bytes);
  }

  textOfLine(wanted: number): string | null {
    if (this.#plan.options.format === 'binary') return null;
    const position = new CopyPosition('');
    const reader = new LineReader(this.#plan.options, position);
    for (const piece of this.#pieces) {
      reader.push(piece);
      for (let line = reader.next(); line !== null; line = reader.next()) {
        if (position.line === wanted) return line;
      }
    }
    reader.end();
    const line = reader.next();
    return position.line === wanted ? line : null;
  }
}

// TO STDOUT ---------------------------------------------------------------------------------------

async function copyOut(
  context: SessionContext,
  plan: CopyPlan,
  compile: CompileCopy,
): Promise<number> {
  const rows = await openRows(context, plan, compile);
  const interruption = new Interruption(context);
  try {
    return await sendRows(context, plan, rows, interruption);
  } finally {
    interruption.stop();
    rows.close();
  }
}

async function sendRows(
  context: SessionContext,
  plan: CopyPlan,
  rows: RowStream,
  interruption: Interruption,
): Promise<number> {
  const { writer } = context;
  const encoder = createRowEncoder(plan, formatSettings(context));
  // What fails at once, fails before the answer begins.
  let row = rows.next();
  writer.copyOutResponse(formatCode(plan), plan.fields.length);
  const header = encoder.begin();
  if (header !== null) writer.copyData(header);
  let count = 0;
  for (; row !== null; row = rows.next()) {
    writer.copyData(encoder.row(row));
    count += 1;
    // A client that reads slowly is waited for, and the others have their turn.
    if (writer.length >= PIECE_BYTES) await interruption.during(context.flush());
  }
  const trailer = encoder.end();
  if (trailer !== null) writer.copyData(trailer);
  writer.copyDone();
  return count;
}

/** As long as rows are sent their snapshot keeps the node from tidying up. */
const STALLED_MS_MAX = 5 * 60_000;

/** Ends waiting for the client to take what it was sent. */
class Interruption {
  readonly #stopListening: () => void;
  #error: PgError | null = null;
  #reject: (error: PgError) => void = () => undefined;

  constructor(context: SessionContext) {
    this.#stopListening = interruptions(context, (error) => {
      this.#error = error;
      this.#reject(error);
    });
  }

  async during(work: Promise<void>): Promise<void> {
    if (this.#error !== null) throw this.#error;
    const timer = setTimeout(() => this.#reject(stalled()), STALLED_MS_MAX);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject;
        work.then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.#stopListening();
  }
}

function stalled(): PgError {
  const seconds = STALLED_MS_MAX / 1000;
  return new PgError('57014', `canceling statement: the client took nothing for ${seconds} s`);
}
