// The compiler, the machine and the types without wire and log: runs SQL text in this process and
// words what comes out as test/slt/transcript.ts words what a server answers.
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { PgError } from '../../../src/errors/pg-error.ts';
import type { Outcome, StepResult } from '../../../src/machine/command.ts';
import { stepsOf } from '../../../src/server/plan-steps.ts';
import { Settings } from '../../../src/session/settings.ts';
import { compile } from '../../../src/sql/compile.ts';
import { initializeParser, parse } from '../../../src/sql/parse/parse.ts';
import type { ParsedStatement } from '../../../src/sql/parse/parse.ts';
import { queryPlan } from '../../../src/sql/plan.ts';
import type { CompileSettings, QueryPlan, Utility } from '../../../src/sql/plan.ts';
import type { FormatSettings } from '../../../src/types/pg-type.ts';
import { mustType } from '../../../src/types/registry.ts';
import type { SqliteValue } from '../../../src/types/sqlite-value.ts';
import { must } from '../../../src/util/assert.ts';
import { request } from '../../machine/support/entries.ts';
import { MachineWorld } from '../../machine/support/machine-world.ts';
import type { DescribedResult } from '../../slt/transcript.ts';
import { describe, describeError } from '../../slt/transcript.ts';

const USER = 'postgres';
/** 2024-02-29 12:34:56.789 UTC. */
const NOW = 762_525_296_789_000n;

await initializeParser();

export interface Ran {
  readonly plan: QueryPlan;
  readonly result: StepResult;
}

export class Engine extends MachineWorld {
  readonly settings = new Settings();
  readonly #session = this.register();
  #sequence = 1;

  get catalog(): Catalog {
    return this.machine.context.loadCatalog() as Catalog;
  }

  compileSettings(): CompileSettings {
    return {
      searchPath: this.settings.searchPath(USER),
      user: USER,
      timeZone: this.settings.get('TimeZone'),
      dateStyle: this.settings.get('DateStyle'),
      intervalStyle: this.settings.get('IntervalStyle'),
    };
  }

  formatSettings(): FormatSettings {
    return {
      timeZone: this.settings.get('TimeZone'),
      dateStyle: this.settings.get('DateStyle'),
      intervalStyle: this.settings.get('IntervalStyle'),
      extraFloatDigits: Number(this.settings.get('extra_float_digits')),
      byteaOutput: this.settings.get('bytea_output') === 'escape' ? 'escape' : 'hex',
    };
  }

  /** What the statements of the text answer, in words. */
  answer(text: string): string {
    try {
      return parse(text)
        .map((statement) => this.#answerTo(statement))
        .join('\n');
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      return describeError({ code: error.code, message: error.message, ...error.fields });
    }
  }

  #answerTo(statement: ParsedStatement): string {
    const ran = this.run(statement);
    if (typeof ran !== 'string') return describe(this.#described(ran));
    return describe({ fields: [], rows: [], command: ran, rowCount: null });
  }

  #described({ plan, result }: Ran): DescribedResult {
    const columns = plan.columns ?? [];
    const settings = this.formatSettings();
    const rows = (columns.length === 0 ? [] : (result.rows ?? [])).map((row) =>
      row.map((value, at) =>
        value === null
          ? null
          : mustType(must(columns[at], 'a column').type).format(value, settings),
      ),
    );
    return {
      fields: columns.map(({ name, type }) => ({ name, dataTypeID: type })),
      rows,
      command: plan.tag.name.split(' ')[0] ?? '',
      rowCount: plan.tag.hasCount ? result.count : null,
    };
  }

  /** Runs one statement as a transaction of its own; a utility statement's tag. Throws PgError. */
  run(statement: ParsedStatement, parameters: readonly SqliteValue[] = []): Ran | string {
    const before = this.catalog;
    const compiled = compile(statement, [], before, this.compileSettings());
    if (compiled.kind === 'utility') {
      this.#carryOut(compiled.utility);
      return compiled.tag.name;
    }
    const plan = queryPlan(compiled);
    const one = request([], {
      schemaVersion: this.machine.schemaVersion,
      schemaChanges: plan.catalog.version - before.version,
      now: NOW,
      settings: this.#pinned(plan),
      statements: [stepsOf({ plan, parameters })],
    });
    const outcome = must(this.execute(this.#session, this.#sequence++, [one])?.[0], 'an outcome');
    return { plan, result: resultOf(outcome) };
  }

  #pinned({ settings }: QueryPlan): readonly (readonly [string, string])[] {
    const all = [...settings, 'search_path'];
    return all.map((name) => [name, this.#settingOrFact(name)] as const);
  }

  #settingOrFact(name: string): string {
    if (name === '@user') return USER;
    return this.settings.tryGet(name) ?? '';
  }

  #carryOut(utility: Utility): void {
    if (utility.kind === 'set') this.settings.set(utility.name, utility.value);
    else if (utility.kind === 'reset' && utility.name !== null) {
      this.settings.set(utility.name, null);
    }
  }
}

function resultOf(outcome: Outcome): StepResult {
  if (outcome.kind === 'done') return must(outcome.results[0], 'a result');
  if (outcome.kind !== 'failed') throw new Error(`outcome ${outcome.kind}`);
  const { code, message, fields } = outcome.error;
  throw new PgError(code as PgError['code'], message, fields);
}
