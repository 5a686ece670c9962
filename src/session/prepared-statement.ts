// A prepared statement: its plan for the schema of the moment. What a client was told of it stays:
// the types of its parameters, and of its columns, or it fails (PG: plancache.c). Until then both
// follow the schema, so that nothing has to be the newest before somebody asks for it.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import { tagOf } from '../sql/parse/node.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import { inContext } from '../sql/copy/position.ts';
import { queryPlan } from '../sql/plan.ts';
import type { Plan } from '../sql/plan.ts';
import { isInvalidBinary } from '../types/define.ts';
import type { Oid } from '../types/pg-type.ts';
import { mustType } from '../types/registry.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { decodeText } from '../types/utf8.ts';
import { must } from '../util/assert.ts';
import type { BoundPlan } from './backend.ts';
import { checkFormat } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { formatSettings } from './session-context.ts';
import { compileStatement, isAnalyzedLate, isMomentary } from './session-plan.ts';
import type { LatePlan, SessionPlan } from './session-plan.ts';
import type { SettingsSnapshot } from './settings.ts';

export type BindMessage = Extract<FrontendMessage, { kind: 'bind' }>;

const DUPLICATE_TABLE = '42P07';
/** The type of literals that nothing is known of. */
const UNKNOWN = 705;

export class PreparedStatement {
  /** null: an empty query string. */
  readonly parsed: ParsedStatement | null;
  /** The query string that it is from. */
  readonly source: string;
  readonly #context: SessionContext;
  /** As the client declared them (0: it did not), or was told. */
  #parameterTypes: readonly Oid[];
  #plan: SessionPlan | null = null;
  /** What the plan was compiled for. A number is not enough: that of a block may come up again. */
  #catalog: Catalog | null = null;
  #settings: SettingsSnapshot | null = null;
  #isTold = false;
  /** Asked once: of a long statement the node is gone by then. */
  readonly #isMomentary: boolean;
  readonly #isAnalyzedLate: boolean;
  /** What it shows is looked up at once, to know how its row looks. */
  readonly #isShow: boolean;
  readonly #declaredTypes: readonly Oid[];

  constructor(
    context: SessionContext,
    parsed: ParsedStatement | null,
    parameterTypes: readonly Oid[],
    source = parsed?.source ?? '',
  ) {
    this.#context = context;
    this.source = source;
    this.parsed = parsed;
    this.#isMomentary = parsed !== null && isMomentary(parsed);
    this.#isShow = parsed !== null && tagOf(parsed.node) === 'VariableShowStmt';
    this.#isAnalyzedLate = parsed !== null && isAnalyzedLate(parsed);
    this.#parameterTypes = parameterTypes;
    this.#declaredTypes = parameterTypes;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  /** As far as they are known. */
  get parameterTypes(): readonly Oid[] {
    return this.typesOfParameters(this.#plan);
  }

  /** What Bind has to give: where nothing is analyzed, what was declared, though nobody needs it. */
  typesOfParameters(plan: SessionPlan | LatePlan | null): readonly Oid[] {
    const isAnalyzed = plan !== null && !this.#isAnalyzedLate;
    return isAnalyzed ? plan.parameterTypes : this.#declaredTypes;
  }

  /** Throws 42P18 for a type that was left open, and that nothing tells. */
  checkDeclaredTypes(): void {
    if (this.parsed !== null && !this.#isAnalyzedLate) return;
    const at = this.#declaredTypes.findIndex((type) => type === 0 || type === UNKNOWN);
    if (at < 0) return;
    throw new PgError('42P18', `could not determine data type of parameter $${at + 1}`);
  }

  /** The client was told of the plan. */
  tell(plan: SessionPlan | LatePlan | null): void {
    if (plan?.kind !== 'query' || this.#isTold) return;
    this.#isTold = true;
    this.#parameterTypes = plan.parameterTypes;
  }

  /**
   * The plan for the schema of the session. `pending`: a schema that statements of the pipeline will
   * leave. Throws 0A000 if it is not what the client was told, and what compiling throws.
   */
  compile(pending: Catalog | null): SessionPlan | null {
    if (this.parsed === null) return null;
    const catalog = pending ?? this.#context.block.catalog();
    const before = this.#isMomentary ? null : this.#plan;
    if (before !== null && this.#isFor(catalog)) return before;
    const plan = this.compileFor(catalog);
    if (before !== null && this.#isTold && !hasSameColumns(before, plan)) {
      throw new PgError('0A000', 'cached plan must not change result type');
    }
    this.#plan = plan;
    this.#catalog = catalog;
    this.#settings = this.#context.settings.snapshot();
    return plan;
  }

  /** The same, for now: a statement that is analyzed when it runs may be wrong until then. */
  prepare(pending: Catalog | null): SessionPlan | LatePlan | null {
    try {
      return this.compile(pending);
    } catch (error) {
      // Whether the table of CREATE TABLE AS is there already is looked at when it runs, too.
      const isLate =
        error instanceof PgError &&
        ((this.#isAnalyzedLate && !this.#isShow) || error.code === DUPLICATE_TABLE);
      if (!isLate) throw error;
      return { kind: 'late', columns: null, parameterTypes: this.#parameterTypes };
    }
  }

  /** The plan is still right: names mean the same as long as nothing was SET. */
  #isFor(catalog: Catalog): boolean {
    const { values, locals } = this.#context.settings.snapshot();
    const { values: valuesThen, locals: localsThen } = this.#settings ?? {};
    return this.#catalog === catalog && values === valuesThen && locals === localsThen;
  }

  compileFor(catalog: Catalog): SessionPlan {
    const statement = must(this.parsed, 'an empty statement is not compiled');
    return compileStatement(this.#context, statement, this.#parameterTypes, catalog);
  }

  /** For a schema that came up while it runs. Throws 40001 if it is not what the client was told. */
  bindFor(catalog: Catalog, told: SessionPlan, message: BindMessage): BoundPlan {
    const again = told.kind === 'copy' ? undefined : told.compileQuery?.(catalog);
    const plan = again ?? queryPlan(this.compileFor(catalog));
    if (this.#isTold && !hasSameColumns(told, plan)) {
      throw new PgError('40001', 'could not serialize access due to a concurrent schema change', {
        hint: 'The transaction might succeed if retried.',
      });
    }
    return { plan, parameters: decodeParameters(this.#context, message, plan.parameterTypes) };
  }
}

/** Throws PgError. */
export function decodeParameters(
  context: SessionContext,
  { portal, parameterFormats, parameters }: BindMessage,
  types: readonly Oid[],
): readonly SqliteValue[] {
  if (parameters.length === 0) return [];
  const settings = formatSettings(context);
  return parameters.map((bytes, at) => {
    if (bytes === null) return null;
    const format = parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[at];
    const type = mustType(types[at] as Oid);
    let text: string | null = null;
    try {
      if (checkFormat(format ?? 0) === 1) return type.decode(bytes, -1);
      text = decodeText(bytes);
      return type.parse(text, -1, settings);
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      throw inParameter(error, portal, at + 1, text);
    }
  });
}

/** The error of a parameter, with where it was (PG: 55.8, field W); null: it had no text. */
function inParameter(error: PgError, portal: string, number: number, text: string | null): PgError {
  const name = portal === '' ? 'unnamed portal' : `portal "${portal}"`;
  const shown = text === null ? '' : text === '' ? " = ''" : " = '...'";
  const message = isInvalidBinary(error)
    ? `${error.message} in bind parameter ${number}`
    : error.message;
  const where = `${name} parameter $${number}${shown}`;
  return inContext(new PgError(error.code, message, error.fields), where);
}

function hasSameColumns(a: Plan, b: Plan): boolean {
  if (a.columns === null || b.columns === null) return a.columns === b.columns;
  const { columns } = b;
  return (
    a.columns.length === columns.length &&
    a.columns.every(({ name, type, typmod }, at) => {
      const other = columns[at];
      return name === other?.name && type === other.type && typmod === other.typmod;
    })
  );
}
