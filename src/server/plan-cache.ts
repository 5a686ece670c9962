// Parsed texts and compiled plans by text, so that a repeated statement costs a lookup.
import type { Catalog } from '../catalog/catalog.ts';
import { compile } from '../sql/compile.ts';
import { parse } from '../sql/parse/parse.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import type { CompileSettings, Plan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';

const ENTRIES_MAX = 2000;
/** Longer texts are seldom sent twice. */
const TEXT_MAX = 20_000;

function remember<T>(cache: Map<string, T>, key: string, value: T): T {
  if (cache.size >= ENTRIES_MAX) {
    const [oldest] = cache.keys();
    if (oldest !== undefined) cache.delete(oldest);
  }
  cache.set(key, value);
  return value;
}

export class PlanCache {
  readonly #parsed = new Map<string, readonly ParsedStatement[]>();
  readonly #plans = new Map<string, Plan>();
  #catalog: Catalog | null = null;

  parse(sql: string): readonly ParsedStatement[] {
    if (sql.length > TEXT_MAX) return parse(sql);
    return this.#parsed.get(sql) ?? remember(this.#parsed, sql, parse(sql));
  }

  /** `current`: the node's schema. Plans for a schema that is only about to be are not kept. */
  compile(
    statement: ParsedStatement,
    parameterTypes: readonly Oid[] | null,
    catalog: Catalog,
    settings: CompileSettings,
    current: Catalog,
  ): Plan {
    if (catalog !== current || statement.text.length > TEXT_MAX) {
      const plan = compile(statement, parameterTypes, catalog, settings);
      statement.forgetTree?.();
      return plan;
    }
    if (this.#catalog !== catalog) {
      this.#plans.clear();
      this.#catalog = catalog;
    }
    // The source is part of it: positions in errors and plans count in the whole string.
    const { searchPath, user, timeZone, dateStyle = '', intervalStyle = '' } = settings;
    const key = [
      statement.text,
      parameterTypes?.join() ?? 'none',
      user,
      timeZone,
      dateStyle,
      intervalStyle,
      ...searchPath,
    ].join('\0');
    return (
      this.#plans.get(key) ??
      remember(this.#plans, key, compile(statement, parameterTypes, catalog, settings))
    );
  }
}
