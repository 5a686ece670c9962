// Random queries over the tables of a world.
import type { Prng } from '../../src/util/prng.ts';
import { Expressions } from './expressions.ts';
import type { Atom, Parameter, Place, Queries } from './expressions.ts';
import { chance, isSortable, literal, pick } from './literals.ts';
import { listOf, optional, render, tree } from './tree.ts';
import type { Part, Tree } from './tree.ts';
import type { Table, World } from './world.ts';

/** Stands in a query whose rows come in an order that leaves nothing open. */
export const TOTAL_ORDER = '/*ordered*/';

interface From {
  readonly tree: Tree;
  readonly atoms: readonly Atom[];
  readonly keys: readonly string[];
  /** What `*` shows, by name alone. */
  readonly shown: readonly Atom[];
}

interface CommonTable {
  readonly name: string;
  readonly columns: readonly Atom[];
}

export class QueryMaker implements Queries {
  readonly prng: Prng;
  readonly expressions: Expressions;
  readonly parameters: Parameter[] | undefined;
  readonly #world: World;
  #aliases = 0;
  #commonTables: readonly CommonTable[] = [];

  constructor(prng: Prng, world: World, parameters?: Parameter[]) {
    this.prng = prng;
    this.expressions = new Expressions(prng);
    this.parameters = parameters;
    this.#world = world;
  }

  alias(): string {
    return `x${this.#aliases++}`;
  }

  table(): Table {
    return pick(this.prng, this.#world.tables);
  }

  place(from: Pick<From, 'atoms' | 'keys'>, outer: readonly Atom[]): Place {
    return {
      atoms: [...from.atoms, ...outer],
      keys: from.keys,
      queries: this,
      parameters: this.parameters,
    };
  }

  /** A statement. */
  statement(): Tree {
    const { prng } = this;
    if (chance(prng, 10)) {
      const from = this.#from(3);
      return tree('', 'SELECT * FROM ', from.tree, this.#where(this.place(from, []), 2));
    }
    const types = Array.from({ length: 1 + prng.integer(4) }, () => this.expressions.anyType());
    if (chance(prng, 15)) return this.#sorted(types, 2, true);
    const withClause = chance(prng, 25) ? this.#with() : '';
    const body = this.#body(types, [], 3);
    this.#commonTables = [];
    const hasOrder = types.every(isSortable);
    return tree('', withClause, body, hasOrder ? this.#tail(types, true) : '');
  }

  /** Values without tables: here errors are compared as well. */
  values(): Tree {
    const place: Place = { atoms: [], keys: [], parameters: this.parameters, isStrange: true };
    const items = Array.from({ length: 1 + this.prng.integer(2) }, () =>
      this.expressions.expression(this.expressions.anyType(), place, 1 + this.prng.integer(2)),
    );
    return tree('', 'SELECT ', listOf(items));
  }

  column(type: string, outer: readonly Atom[], depth: number): Tree {
    const body = this.#body([type], outer, depth);
    return isSortable(type)
      ? tree(
          `q:${type}`,
          body,
          ' ORDER BY 1',
          chance(this.prng, 20) ? optional(` LIMIT ${this.prng.integer(4)}`) : '',
        )
      : tree('', body, ' LIMIT 0');
  }

  scalar(type: string, outer: readonly Atom[], depth: number): Tree {
    const from = this.#from(depth);
    const place = this.place(from, outer);
    if (isSortable(type) && chance(this.prng, 50)) {
      return tree('', this.#body([type], outer, depth), ' ORDER BY 1 LIMIT 1');
    }
    const value = this.expressions.expression(
      type,
      { ...place, atoms: outer, aggregated: from.atoms },
      depth + 1,
    );
    // An aggregate of its own, so that there is one row.
    return tree(
      '',
      'SELECT ',
      value,
      ' FROM ',
      from.tree,
      this.#where(place, depth),
      ' HAVING count(*) >= 0',
    );
  }

  any(outer: readonly Atom[], depth: number): Tree {
    return this.#body(
      Array.from({ length: 1 + this.prng.integer(2) }, () => this.expressions.anyType()),
      outer,
      depth,
    );
  }

  rows(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    return this.#body(types, outer, depth);
  }

  /** For a view. */
  view(types: readonly string[]): Tree {
    return this.#body(types, [], 2);
  }

  /** Rows or groups in an order of expressions, some of them. */
  #sorted(types: readonly string[], depth: number, isTop: boolean): Tree {
    const { prng } = this;
    const from = this.#from(depth);
    const isGrouped = chance(prng, 40);
    const groups = from.atoms.filter((atom) => isSortable(atom.type));
    const group = groups.length > 0 && isGrouped ? pick(prng, groups) : null;
    const place = this.place(from, []);
    const inner: Place =
      group === null ? place : { ...place, atoms: [group], aggregated: from.atoms };
    const targets = types.map((type) => this.expressions.expression(type, inner, depth));
    const keys: Part[] = Array.from({ length: 1 + prng.integer(2) }, () =>
      tree(
        '',
        this.expressions.expression(this.expressions.sortableType(), inner, 1),
        this.expressions.direction(),
      ),
    );
    const last = group === null ? from.keys.join(', ') : group.text;
    return tree(
      '',
      'SELECT ',
      listOf(targets),
      ' FROM ',
      from.tree,
      this.#where(place, 1),
      group === null ? '' : ` GROUP BY ${group.text}`,
      ' ORDER BY ',
      listOf([...keys, last]),
      isTop ? ` ${TOTAL_ORDER}` : '',
      chance(prng, 50) || !isTop ? optional(` LIMIT ${prng.integer(5)}`) : '',
      chance(prng, 20) ? optional(` OFFSET ${prng.integer(3)}`) : '',
    );
  }

  #where(place: Place, depth: number): Part {
    if (!chance(this.prng, 60)) return '';
    return optional(' WHERE ', this.expressions.expression('bool', place, depth));
  }

  #tail(types: readonly string[], isTop: boolean): Tree {
    const { prng } = this;
    const keys = types.map((_type, at) => tree('', String(at + 1), this.expressions.direction()));
    const limit = chance(prng, 35) ? optional(` LIMIT ${prng.integer(6)}`) : '';
    const offset = chance(prng, 15) ? optional(` OFFSET ${prng.integer(3)}`) : '';
    return optional(
      ' ORDER BY ',
      listOf(keys, ', ', keys.length),
      isTop ? ` ${TOTAL_ORDER}` : '',
      limit,
      offset,
    );
  }

  /** A query of these types, without an order. */
  #body(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    const node = this.#bodyOf(types, outer, depth);
    return { ...node, tag: `q:${types.join()}` };
  }

  #bodyOf(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    const { prng } = this;
    const roll = prng.integer(100);
    if (depth > 0 && roll < 14 && types.every(isSortable)) {
      const operator = pick(prng, [
        'UNION',
        'UNION ALL',
        'INTERSECT',
        'EXCEPT',
        'INTERSECT ALL',
        'EXCEPT ALL',
      ]);
      return tree(
        '',
        '(',
        this.#body(types, outer, depth - 1),
        `) ${operator} (`,
        this.#body(types, outer, depth - 1),
        ')',
      );
    }
    if (roll < 18) return this.#values(types, outer);
    if (roll < 34) return this.#grouped(types, outer, depth);
    if (roll < 42) return this.#aggregated(types, outer, depth);
    return this.#plain(types, outer, depth);
  }

  #values(types: readonly string[], outer: readonly Atom[]): Tree {
    const place = this.place({ atoms: [], keys: [] }, outer);
    const rows = Array.from({ length: 1 + this.prng.integer(3) }, () =>
      tree(
        '',
        '(',
        listOf(
          types.map((type) => this.expressions.expression(type, place, 1)),
          ', ',
          types.length,
        ),
        ')',
      ),
    );
    return tree('', 'VALUES ', listOf(rows));
  }

  #plain(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    const { prng } = this;
    const from = this.#from(depth);
    const isDistinct = types.every(isSortable) && chance(prng, 15);
    const place = this.place(from, outer);
    const targets = types.map((type) =>
      tree(
        '',
        this.expressions.expression(type, { ...place, hasWindows: chance(prng, 25) }, depth),
        chance(prng, 20) ? optional(` AS ${pick(prng, ['n', '"Q x"', 'v'])}`) : '',
      ),
    );
    const where = this.#where(place, depth);
    if (isDistinct && chance(prng, 35)) {
      // The first of each kind: the rest of the order is the columns that are shown.
      if (types.length > 1) {
        return tree(
          '',
          'SELECT DISTINCT ON (1) ',
          listOf(targets, ', ', types.length),
          ' FROM ',
          from.tree,
          where,
          ` ORDER BY ${types.map((_type, at) => at + 1).join(', ')}`,
        );
      }
    }
    return tree(
      '',
      'SELECT ',
      isDistinct ? optional('DISTINCT ') : '',
      listOf(targets, ', ', 1),
      optional(' FROM ', from.tree, where),
    );
  }

  /** One row of aggregates. */
  #aggregated(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    const from = this.#from(depth);
    const place = this.place(from, outer);
    const inner: Place = { ...place, atoms: outer, aggregated: from.atoms };
    const targets = types.map((type) => this.expressions.expression(type, inner, depth));
    return tree(
      '',
      'SELECT ',
      listOf(targets),
      ' FROM ',
      from.tree,
      this.#where(place, depth),
      optional(' HAVING ', this.expressions.expression('bool', inner, 1)),
    );
  }

  #grouped(types: readonly string[], outer: readonly Atom[], depth: number): Tree {
    const { prng } = this;
    const from = this.#from(depth);
    const place = this.place(from, outer);
    const keys = Array.from({ length: 1 + prng.integer(2) }, () => {
      const type = this.expressions.sortableType();
      const columns = from.atoms.filter((atom) => isSortable(atom.type));
      if (columns.length > 0 && chance(prng, 75)) return pick(prng, columns);
      const text = this.expressions.expression(type, { atoms: from.atoms, keys: [] }, 1);
      return { type, text: render(text) };
    });
    const inner: Place = {
      ...place,
      atoms: [...keys.filter(({ text }) => !/^\(?[\d'N-]/.test(text)), ...outer],
      aggregated: from.atoms,
    };
    const targets = types.map((type) => this.expressions.expression(type, inner, depth));
    const having = chance(prng, 30)
      ? optional(' HAVING ', this.expressions.expression('bool', inner, 1))
      : '';
    const groups = keys.map(({ text }) => (/^\(?[\d'N-]/.test(text) ? `(${text})` : text));
    return tree(
      '',
      'SELECT ',
      listOf(targets),
      ' FROM ',
      from.tree,
      this.#where(place, depth),
      ' GROUP BY ',
      listOf(groups),
      having,
    );
  }

  #from(depth: number): From {
    const { prng } = this;
    const first = this.#item(depth);
    if (depth <= 0 || chance(prng, 50)) return first;
    if (chance(prng, 25)) {
      const second = this.#item(depth - 1);
      return {
        tree: tree('from', listOf([first.tree, second.tree])),
        atoms: [...first.atoms, ...second.atoms],
        keys: [...first.keys, ...second.keys],
        shown: [...first.shown, ...second.shown],
      };
    }
    return this.#join(first, depth);
  }

  #join(left: From, depth: number): From {
    const { prng } = this;
    const roll = prng.integer(100);
    const type = pick(prng, ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'LEFT JOIN']);
    if (roll < 12) {
      const alias = this.alias();
      const inner = this.#derived(
        alias,
        [this.expressions.anyType(), 'int4'],
        left.atoms,
        depth - 1,
      );
      const both = {
        atoms: [...left.atoms, ...inner.atoms],
        keys: [...left.keys, ...inner.keys],
        shown: [...left.shown, ...inner.shown],
      };
      return chance(prng, 50)
        ? { ...both, tree: tree('from', left.tree, ', LATERAL ', inner.tree) }
        : { ...both, tree: tree('from', left.tree, ' LEFT JOIN LATERAL ', inner.tree, ' ON true') };
    }
    const right =
      chance(prng, 20) && depth > 1
        ? this.#join(this.#item(depth - 1), depth - 2)
        : this.#item(depth - 1);
    const atoms = [...left.atoms, ...right.atoms];
    const keys = [...left.keys, ...right.keys];
    const rightText: Part = right.tree.tag === 'join' ? tree('', '(', right.tree, ')') : right.tree;
    const shown = [...left.shown, ...right.shown];
    if (roll < 20) {
      return { tree: tree('join', left.tree, ' CROSS JOIN ', rightText), atoms, keys, shown };
    }
    const shared = left.shown.filter((atom) => right.shown.some(({ text }) => text === atom.text));
    const usable = shared.filter(
      (atom) =>
        isSortable(atom.type) &&
        shown.filter(({ text }) => text === atom.text).length === 2 &&
        shown.every(({ text, type: other }) => text !== atom.text || other === atom.type),
    );
    if (roll < 45 && usable.length > 0) {
      const isNatural = usable.length === shared.length && chance(prng, 30);
      const merged = isNatural ? usable : [...new Set([pick(prng, usable), pick(prng, usable)])];
      const names = new Set(merged.map(({ text }) => text));
      const how = isNatural ? '' : ` USING (${[...names].join(', ')})`;
      return {
        tree: tree('join', left.tree, ` ${isNatural ? 'NATURAL ' : ''}${type} `, rightText, how),
        atoms: [...merged, ...atoms.filter(({ text }) => !names.has(text))],
        keys,
        shown: [...merged, ...shown.filter(({ text }) => !names.has(text))],
      };
    }
    const wanted = type === 'FULL JOIN' ? fullCondition(prng, left, right) : null;
    const on =
      wanted ??
      this.expressions.expression(
        'bool',
        this.place({ atoms, keys }, []),
        chance(prng, 50) ? 1 : 2,
      );
    return {
      tree: tree('join', left.tree, ` ${type} `, rightText, ' ON ', on),
      atoms,
      keys,
      shown,
    };
  }

  #item(depth: number): From {
    const { prng } = this;
    const alias = this.alias();
    const roll = prng.integer(100);
    if (roll < 20 && this.#commonTables.length > 0) {
      const table = pick(prng, this.#commonTables);
      const atoms = table.columns.map(({ text, type }) => ({ text: `${alias}.${text}`, type }));
      const shown = table.columns;
      return { tree: tree('from', `${table.name} AS ${alias}`), atoms, keys: keysOf(atoms), shown };
    }
    if (depth > 0 && roll < 35) {
      const types = Array.from({ length: 1 + prng.integer(3) }, () => this.expressions.anyType());
      return this.#derived(alias, types, [], depth - 1);
    }
    const views = this.#world.views;
    if (roll < 45 && views.length > 0) {
      const view = pick(prng, views);
      const shown = view.columns.map(({ name, type }) => ({ text: name, type }));
      const atoms = shown.map(({ text, type }) => ({ text: `${alias}.${text}`, type }));
      return { tree: tree('from', `${view.name} AS ${alias}`), atoms, keys: keysOf(atoms), shown };
    }
    if (roll < 50) {
      const atoms = [{ text: `${alias}.g`, type: 'int4' }];
      return {
        tree: tree('from', `generate_series(1, ${prng.integer(5)}) AS ${alias}(g)`),
        atoms,
        keys: keysOf(atoms),
        shown: [{ text: 'g', type: 'int4' }],
      };
    }
    const table = this.table();
    const atoms = table.columns.map(({ name, type }) => ({ text: `${alias}.${name}`, type }));
    const shown = table.columns.map(({ name, type }) => ({ text: name, type }));
    const keys = [`${alias}.id`];
    return { tree: tree('from', `${table.name} AS ${alias}`), atoms, keys, shown };
  }

  #derived(alias: string, types: readonly string[], outer: readonly Atom[], depth: number): From {
    const names = types.map((_type, at) => `k${at}`);
    const sortable = types.every(isSortable);
    const body = chance(this.prng, 15)
      ? this.#sorted(types, depth, false)
      : tree(
          '',
          this.#body(types, outer, depth),
          sortable && chance(this.prng, 25) ? this.#tail(types, false) : '',
        );
    const atoms = types.map((type, at) => ({ text: `${alias}.k${at}`, type }));
    return {
      tree: tree('from', '(', body, `) AS ${alias}(${names.join(', ')})`),
      atoms,
      keys: keysOf(atoms),
      shown: types.map((type, at) => ({ text: `k${at}`, type })),
    };
  }

  #with(): Tree {
    const { prng } = this;
    const parts: Part[] = [];
    const found: CommonTable[] = [];
    for (let left = 1 + prng.integer(2); left > 0; left--) {
      const name = `w${this.#aliases++}`;
      if (chance(prng, 25)) {
        const step = pick(prng, ['n + 1', 'n * 2', 'n + 3']);
        parts.push(
          `${name}(n, s) AS (SELECT 1, ${literal(prng, 'text', 0)} UNION ALL SELECT ${step}, s || 'x' FROM ${name} WHERE n < ${1 + prng.integer(8)})`,
        );
        found.push({
          name,
          columns: [
            { text: 'n', type: 'int4' },
            { text: 's', type: 'text' },
          ],
        });
      } else {
        const types = Array.from({ length: 1 + prng.integer(2) }, () => this.expressions.anyType());
        const names = types.map((_type, at) => `k${at}`);
        const how = chance(prng, 20) ? pick(prng, ['MATERIALIZED ', 'NOT MATERIALIZED ']) : '';
        parts.push(
          tree('', `${name}(${names.join(', ')}) AS ${how}(`, this.#body(types, [], 1), ')'),
        );
        found.push({ name, columns: types.map((type, at) => ({ text: `k${at}`, type })) });
      }
      this.#commonTables = [...found];
    }
    return optional('WITH RECURSIVE ', listOf(parts), ' ');
  }
}

function keysOf(atoms: readonly Atom[]): readonly string[] {
  const keys = atoms.filter(({ type }) => isSortable(type)).map(({ text }) => text);
  return keys.length > 0 ? keys : ['(true)'];
}

/** PostgreSQL takes FULL JOIN only where it can merge or hash. */
function fullCondition(prng: Prng, left: From, right: From): Part | null {
  for (const atom of left.atoms) {
    const other = right.atoms.find(({ type }) => type === atom.type && isSortable(type));
    if (other !== undefined && chance(prng, 60)) return `${atom.text} = ${other.text}`;
  }
  return 'true';
}
