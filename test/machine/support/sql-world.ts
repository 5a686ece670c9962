// A machine that takes SQL: compiled as the session does, proposed as one request.
import { withCascades } from '../../../src/catalog/cascades.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import type { Outcome, Request, Step } from '../../../src/machine/command.ts';
import { compile } from '../../../src/sql/compile.ts';
import { initializeParser, parse } from '../../../src/sql/parse/parse.ts';
import type { Binding, CompileSettings, QueryPlan } from '../../../src/sql/plan.ts';
import type { SqliteValue } from '../../../src/types/sqlite-value.ts';
import { must } from '../../../src/util/assert.ts';
import { request } from './entries.ts';
import { MachineWorld } from './machine-world.ts';

const SETTINGS: CompileSettings = {
  searchPath: ['$user', 'public'],
  user: 'postgres',
  timeZone: 'UTC',
};

await initializeParser();

export class SqlWorld extends MachineWorld {
  readonly #session = this.register();
  #sequence = 1;

  /** The statements as one transaction. */
  sql(text: string): Outcome {
    const before = this.machine.context.loadCatalog() as Catalog;
    const plans = compileAll(text, before);
    const after = plans.at(-1)?.catalog ?? before;
    return this.request(
      request([], {
        schemaVersion: this.machine.schemaVersion,
        schemaChanges: after.version - before.version,
        settings: [['search_path', '"$user", public']],
        statements: plans.map(stepsOf),
        writes: withCascades(
          before,
          plans.flatMap(({ writes }) => writes),
        ),
      }),
    );
  }

  request(one: Request): Outcome {
    return must(this.execute(this.#session, this.#sequence++, [one])?.[0], 'an outcome');
  }

  /** Steps written by hand, one a statement, as one transaction. */
  steps(steps: readonly Step[]): Outcome {
    return this.request(request(steps, { schemaVersion: this.machine.schemaVersion }));
  }

  /** What the statements fail with, on one line each; empty if they do not. */
  error(text: string): readonly string[] {
    const outcome = this.sql(text);
    if (outcome.kind !== 'failed') return [];
    const { code, message, fields } = outcome.error;
    const names = ['schema', 'table', 'column', 'constraint'] as const;
    const where = names.flatMap((name) => (name in fields ? [`${name} ${fields[name]}`] : []));
    const { detail } = fields;
    return [
      `${code} ${message}`,
      ...(detail === undefined ? [] : [String(detail)]),
      where.join(', '),
    ];
  }
}

/** The statements' plans, each for the schema that the one before leaves. */
export function compileAll(text: string, before: Catalog): readonly QueryPlan[] {
  let catalog = before;
  return parse(text).map((statement) => {
    const plan = compile(statement, [], catalog, SETTINGS);
    if (plan.kind !== 'query') throw new Error(`no query: ${text}`);
    ({ catalog } = plan);
    return plan;
  });
}

export function stepsOf({ steps }: QueryPlan): readonly Step[] {
  return steps.map(({ sql, bindings, hasRows, isResult, rowsAtFault }) => ({
    sql,
    values: valuesOf(bindings),
    hasRows,
    isResult,
    rowsAtFault:
      rowsAtFault === undefined ? null : { ...rowsAtFault, values: valuesOf(rowsAtFault.bindings) },
  }));
}

function valuesOf(bindings: readonly Binding[]): readonly SqliteValue[] {
  return bindings.map((binding) => (binding.kind === 'constant' ? binding.value : null));
}
