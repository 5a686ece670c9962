// Runs the statements of a seed on two databases, and makes those that are answered differently small.
import { Prng } from '../../src/util/prng.ts';
import { difference } from './answer.ts';
import type { Answer } from './answer.ts';
import { change } from './changes.ts';
import type { Database } from './databases.ts';
import type { Parameter } from './expressions.ts';
import { chance } from './literals.ts';
import { QueryMaker } from './queries.ts';
import { render, shrink } from './tree.ts';
import type { Tree } from './tree.ts';
import { makeWorld } from './world.ts';
import type { World } from './world.ts';

export interface Difference {
  readonly what: string;
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly ours: Answer;
  readonly theirs: Answer;
  readonly world: World;
}

export interface Case {
  readonly tree: Tree;
  readonly parameters: readonly Parameter[];
  readonly isChange: boolean;
}

export function makeCase(prng: Prng, world: World): Case {
  const parameters: Parameter[] = [];
  const maker = new QueryMaker(prng, world, chance(prng, 15) ? parameters : undefined);
  const isChange = chance(prng, 25);
  const query = (): Tree => (chance(prng, 35) ? maker.values() : maker.statement());
  return { tree: isChange ? change(maker) : query(), parameters, isChange };
}

export class Comparison {
  readonly #ours: Database;
  readonly #theirs: Database;

  constructor(ours: Database, theirs: Database) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  async #both(
    sql: string,
    parameters: readonly Parameter[] = [],
  ): Promise<readonly [Answer, Answer]> {
    return [await this.#ours.answer(sql, parameters), await this.#theirs.answer(sql, parameters)];
  }

  /** Makes the tables. */
  async setUp(world: World): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (const sql of [...world.statements, ...world.fill, ...world.constraints]) {
      const [ours, theirs] = await this.#both(sql);
      const what = difference(sql, ours, theirs);
      if (what !== null)
        found.push({ what: `setup: ${what}`, sql, parameters: [], ours, theirs, world });
    }
    for (const name of ['v0', 'v1', 'v2']) found.push(...(await this.#addView(world, name)));
    return found;
  }

  async #addView(world: World, name: string): Promise<readonly Difference[]> {
    const prng = new Prng(
      world.tables.length + Number(name.slice(1)) + world.statements.join().length,
    );
    const maker = new QueryMaker(prng, world);
    const types = Array.from({ length: 1 + prng.integer(4) }, () => maker.expressions.anyType());
    const sql = `CREATE VIEW ${name} (${types.map((_type, at) => `v${at}`).join(', ')}) AS ${render(maker.view(types))}`;
    const [ours, theirs] = await this.#both(sql);
    const what = difference(sql, ours, theirs);
    if (what !== null) return [{ what: `view: ${what}`, sql, parameters: [], ours, theirs, world }];
    if (ours.kind === 'rows') {
      const columns = types.map((type, at) => ({ name: `v${at}`, type, declaration: '' }));
      world.views.push({ name, columns });
    }
    return [];
  }

  async tearDown(world: World): Promise<void> {
    for (const { name } of world.views.toReversed()) await this.#both(`DROP VIEW ${name}`);
    for (const { name } of world.tables.toReversed()) await this.#both(`DROP TABLE ${name}`);
  }

  async #restore(world: World): Promise<void> {
    for (const sql of [...world.clear, ...world.fill]) await this.#both(sql);
  }

  async #run(
    world: World,
    sql: string,
    { parameters, isChange }: Case,
  ): Promise<Difference | null> {
    const used = sql.includes('$') ? parameters : [];
    const [ours, theirs] = await this.#both(sql, used);
    const found = (what: string): Difference => ({
      what,
      sql,
      parameters: used,
      ours,
      theirs,
      world,
    });
    const what = difference(sql, ours, theirs);
    if (!isChange || (ours.kind === 'error' && theirs.kind === 'error'))
      return what === null ? null : found(what);
    const changed = what === null ? await this.#tablesDiffer(world) : null;
    await this.#restore(world);
    return what !== null ? found(what) : changed === null ? null : found(`table: ${changed}`);
  }

  async #tablesDiffer(world: World): Promise<string | null> {
    for (const { name } of world.tables) {
      const sql = `SELECT * FROM ${name}`;
      const what = difference(sql, ...(await this.#both(sql)));
      if (what !== null) return what;
    }
    return null;
  }

  /** null: both answer the same. */
  async check(world: World, made: Case): Promise<Difference | null> {
    return this.#run(world, render(made.tree), made);
  }

  async makeSmall(world: World, made: Case, { what }: Difference): Promise<Difference> {
    let best: Difference | null = null;
    await shrink(made.tree, async (candidate) => {
      const next = await this.#run(world, render(candidate), made);
      if (next?.what !== what) return false;
      best = next;
      return true;
    });
    return best ?? ((await this.check(world, made)) as Difference);
  }
}

export function worldOf(seed: number): World {
  return makeWorld(new Prng(seed));
}
