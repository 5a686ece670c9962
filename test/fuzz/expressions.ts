// Random expressions of a wanted type.
import type { Prng } from '../../src/util/prng.ts';
import {
  ARRAYS,
  SCALARS,
  chance,
  isSortable,
  literal,
  pick,
  quote,
  strangeText,
  typeName,
  valueText,
} from './literals.ts';
import { AGGREGATES, CASTS, FUNCTIONS, IMPLICIT, OPERATORS } from './signatures.ts';
import type { Callable } from './signatures.ts';
import { listOf, optional, tree } from './tree.ts';
import type { Part, Tree } from './tree.ts';

/** Something that can be named: a column, or what a query is grouped by. */
export interface Atom {
  readonly text: string;
  readonly type: string;
}

/** What an expression can use. */
export interface Place {
  readonly atoms: readonly Atom[];
  /** Aggregates over these may be called. */
  readonly aggregated?: readonly Atom[] | undefined;
  readonly hasWindows?: boolean;
  /** Of columns that are unique together: makes the order of windows and aggregates whole. */
  readonly keys: readonly string[];
  readonly queries?: Queries | undefined;
  /** Collects the texts of parameters; null: none may be used. */
  readonly parameters?: Parameter[] | undefined;
  /** Now and then a text that is no value. */
  readonly isStrange?: boolean;
}

export interface Parameter {
  readonly type: string;
  readonly text: string | null;
}

/** What expressions need of queries. */
export interface Queries {
  /** Of one column, with any number of rows, in an order that is whole. */
  column(type: string, atoms: readonly Atom[], depth: number): Tree;
  /** Of one column and at most one row. */
  scalar(type: string, atoms: readonly Atom[], depth: number): Tree;
  any(atoms: readonly Atom[], depth: number): Tree;
  /** Of these columns, any number of rows. */
  rows(types: readonly string[], atoms: readonly Atom[], depth: number): Tree;
}

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='];
const PATTERNS = ['%', 'a%', '%b', '_', 'a_c', 'A%', '%\\%%', ''];
const REGEXES = ['a', '^a', 'b$', '[a-c]+', '(a)(b)?', '.', 'x*', '\\d+', ''];
const WORDS: Readonly<Record<string, readonly string[]>> = {
  date_part: [
    'year',
    'month',
    'day',
    'hour',
    'minute',
    'second',
    'dow',
    'doy',
    'epoch',
    'week',
    'quarter',
    'century',
    'isoyear',
    'milliseconds',
    'timezone',
  ],
  date_trunc: [
    'year',
    'month',
    'day',
    'hour',
    'minute',
    'second',
    'week',
    'quarter',
    'century',
    'millennium',
    'decade',
    'microseconds',
  ],
  timezone: ['UTC', 'Europe/Berlin', 'America/New_York', '+02', 'EST'],
  encode: ['hex', 'base64', 'escape'],
  decode: ['hex', 'base64', 'escape'],
  to_char: [
    'YYYY-MM-DD',
    'HH24:MI:SS',
    'FM999.99',
    '0000',
    'S9G999D9',
    'Day Mon',
    'IYYY-IW',
    'RN',
    '9.9EEEE',
  ],
};

export class Expressions {
  readonly prng: Prng;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  anyType(): string {
    return chance(this.prng, 80) ? pick(this.prng, SCALARS) : pick(this.prng, ARRAYS);
  }

  sortableType(): string {
    for (;;) {
      const type = this.anyType();
      if (isSortable(type)) return type;
    }
  }

  expression(type: string, place: Place, depth: number): Tree {
    const node = this.#expression(type, place, depth);
    return { ...node, tag: `e:${type}`, simple: [`NULL::${typeName(type)}`, ...simplest(type)] };
  }

  #expression(type: string, place: Place, depth: number): Tree {
    const { prng } = this;
    const atoms = place.atoms.filter((atom) => atom.type === type);
    if (depth <= 0 || chance(prng, 22)) {
      if (atoms.length > 0 && chance(prng, 75)) return tree('', pick(prng, atoms).text);
      if (place.aggregated !== undefined && chance(prng, 50)) {
        const call = this.#aggregate(type, place, 0);
        if (call !== null) return call;
      }
      return tree('', this.#literal(type, place));
    }
    const next = depth - 1;
    const roll = prng.integer(100);
    if (place.aggregated !== undefined && roll < 30) {
      const call = this.#aggregate(type, place, next);
      if (call !== null) return call;
    }
    if (place.hasWindows === true && roll < 25) {
      const call = this.#window(type, place, next);
      if (call !== null) return call;
    }
    if (type === 'bool' && roll < 75) return this.#condition(place, next);
    if (roll < 40) return this.#operation(type, place, next);
    if (roll < 58) return this.#call(type, place, next);
    if (roll < 70) return this.#cast(type, place, next);
    if (roll < 78) return this.#case(type, place, next);
    if (roll < 85) return this.#variadic(type, place, next);
    if (roll < 88) {
      return tree(
        '',
        'nullif(',
        this.expression(isSortable(type) ? type : 'text', place, next),
        ', ',
        this.expression(isSortable(type) ? type : 'text', place, next),
        isSortable(type) ? ')' : `)::${typeName(type)}`,
      );
    }
    if (roll < 94 && place.queries !== undefined) {
      return tree('', '(', place.queries.scalar(type, place.atoms, Math.min(next, 1)), ')');
    }
    if (type.startsWith('_')) return this.#array(type, place, next);
    if (ARRAYS.includes(`_${type}`)) {
      return tree(
        '',
        '(',
        this.expression(`_${type}`, place, next),
        ')[',
        this.smallNumber(place),
        ']',
      );
    }
    return tree('', this.#literal(type, place));
  }

  #literal(type: string, place: Place): string {
    const { prng } = this;
    if (place.parameters !== undefined && chance(prng, 35)) {
      place.parameters.push({ type, text: valueText(prng, type) });
      return `$${place.parameters.length}::${typeName(type)}`;
    }
    if (place.isStrange !== true) return literal(prng, type);
    return chance(prng, 30)
      ? `${quote(strangeText(prng, type))}::${typeName(type)}`
      : literal(prng, type, 6, 40);
  }

  smallNumber(place: Place): Tree {
    const { prng } = this;
    const numbers = place.atoms.filter(({ type }) => type === 'int2');
    const text =
      numbers.length > 0 && chance(prng, 10)
        ? `${pick(prng, numbers).text} % 10`
        : pick(prng, ['0', '1', '2', '3', '4', '-1', '-2', '10', '1', '2']);
    return { tag: 'e:small', parts: [text], simple: ['1', '2', '0'] };
  }

  #case(type: string, place: Place, depth: number): Tree {
    const branches = Array.from({ length: 1 + this.prng.integer(2) }, () =>
      tree(
        '',
        'WHEN ',
        this.expression('bool', place, depth),
        ' THEN ',
        this.expression(type, place, depth),
      ),
    );
    if (chance(this.prng, 30)) {
      const of = this.sortableType();
      const simple = branches.map(() =>
        tree(
          '',
          'WHEN ',
          this.expression(of, place, depth - 1),
          ' THEN ',
          this.expression(type, place, depth - 1),
        ),
      );
      return tree(
        '',
        'CASE ',
        this.expression(of, place, depth),
        ' ',
        listOf(simple, ' '),
        optional(' ELSE ', this.expression(type, place, depth)),
        ' END',
      );
    }
    return tree(
      '',
      'CASE ',
      listOf(branches, ' '),
      optional(' ELSE ', this.expression(type, place, depth)),
      ' END',
    );
  }

  #variadic(type: string, place: Place, depth: number): Tree {
    const name = isSortable(type)
      ? pick(this.prng, ['coalesce', 'coalesce', 'greatest', 'least'])
      : 'coalesce';
    const items = Array.from({ length: 1 + this.prng.integer(3) }, () =>
      this.argument(type, place, depth),
    );
    return tree('', `${name}(`, this.expression(type, place, depth), ', ', listOf(items), ')');
  }

  #array(type: string, place: Place, depth: number): Tree {
    const element = type.slice(1);
    const roll = this.prng.integer(10);
    if (roll < 3 && place.queries !== undefined) {
      return tree('', 'ARRAY(', place.queries.column(element, place.atoms, 1), ')');
    }
    if (roll < 5) {
      return tree(
        '',
        '(',
        this.expression(type, place, depth),
        ')[',
        this.smallNumber(place),
        ':',
        this.smallNumber(place),
        ']',
      );
    }
    const items = Array.from({ length: this.prng.integer(4) }, () =>
      this.expression(element, place, depth),
    );
    return tree('', 'ARRAY[', listOf(items, ', ', 0), `]::${typeName(type)}`);
  }

  /** What stands for an argument: of the type, of one that becomes it, or a literal of no type. */
  argument(type: string, place: Place, depth: number): Tree {
    const { prng } = this;
    const roll = prng.integer(100);
    if (roll < 8) {
      const text = valueText(prng, type);
      return tree('', text === null ? 'NULL' : quote(text));
    }
    const sources = IMPLICIT.get(type) ?? [];
    if (roll < 18 && sources.length > 0) return this.expression(pick(prng, sources), place, depth);
    return this.expression(type, place, depth);
  }

  #operation(type: string, place: Place, depth: number): Tree {
    const call = this.#choose(OPERATORS, type);
    if (call === null) return tree('', this.#literal(type, place));
    const [left, right] = call.arguments.map((each) => (each === 'any' ? this.anyType() : each));
    if (right === undefined)
      return tree('', `(${call.name} `, this.argument(left as string, place, depth), ')');
    const isShift = call.name === '<<' || call.name === '>>';
    const second = isShift ? this.smallNumber(place) : this.argument(right, place, depth);
    return tree(
      '',
      '(',
      this.argument(left as string, place, depth),
      ` ${call.name} `,
      second,
      ')',
    );
  }

  #call(type: string, place: Place, depth: number): Tree {
    const call = this.#choose(FUNCTIONS, type);
    if (call === null) return tree('', this.#literal(type, place));
    const types = [...call.arguments];
    if (call.isVariadic) {
      const last = types.pop() ?? 'any';
      for (let more = this.prng.integer(3); more >= 0; more--) types.push(last);
    }
    const items = types.map((each, at) => this.#callArgument(call, each, at, place, depth));
    return tree('', `${call.name}(`, listOf(items, ', ', items.length), ')');
  }

  #callArgument(call: Callable, type: string, at: number, place: Place, depth: number): Tree {
    const { prng } = this;
    const words = WORDS[call.name];
    if (
      words !== undefined &&
      type === 'text' &&
      at === (call.name === 'to_char' || /code$/.test(call.name) ? 1 : 0)
    ) {
      return tree('', quote(pick(prng, words)));
    }
    if (call.name.startsWith('regexp_') && at === 1) return tree('', quote(pick(prng, REGEXES)));
    if (call.name.startsWith('regexp_') && at > 1 && type === 'text') {
      return tree('', quote(pick(prng, ['g', 'i', 'gi', 'x', '\\1', '<\\&>'])));
    }
    const isCount =
      ['int4', 'int8'].includes(type) &&
      !['int4', 'int8', 'int2', 'numeric', 'bool'].includes(call.result);
    if (isCount || call.name === 'chr' || call.name === 'factorial') return this.smallNumber(place);
    return this.argument(type === 'any' ? this.anyType() : type, place, depth);
  }

  /** A signature with this result, pseudo-types made real. */
  #choose<T extends Callable>(from: readonly T[], type: string): T | null {
    const isArray = type.startsWith('_');
    const fitting = from.filter(
      ({ result }) => result === type || result === 'element' || (result === 'array' && isArray),
    );
    const names = [...new Set(fitting.map(({ name }) => name))];
    if (names.length === 0) return null;
    const name = pick(this.prng, names);
    const chosen = pick(
      this.prng,
      fitting.filter((each) => each.name === name),
    );
    const element =
      chosen.result === 'element'
        ? type
        : chosen.result === 'array'
          ? type.slice(1)
          : pick(this.prng, SCALARS);
    if (chosen.result === 'element' && isArray) return null;
    const real = (each: string): string =>
      each === 'element' ? element : each === 'array' ? `_${element}` : each;
    return { ...chosen, arguments: chosen.arguments.map(real), result: type };
  }

  #cast(type: string, place: Place, depth: number): Tree {
    const { prng } = this;
    const sources = CASTS.get(type) ?? [];
    const source =
      chance(prng, 70) && sources.length > 0
        ? pick(prng, sources)
        : chance(prng, 50)
          ? 'text'
          : this.anyType();
    const length = this.#typmod(type);
    const inner = this.expression(source, place, depth);
    return chance(prng, 85)
      ? tree('', '(', inner, `)::${typeName(type)}`, length)
      : tree('', 'CAST(', inner, ` AS ${typeName(type)}`, length, ')');
  }

  #typmod(type: string): Part {
    const { prng } = this;
    if (!chance(prng, 25)) return '';
    if (type === 'varchar') return optional(`(${1 + prng.integer(5)})`);
    if (type === 'numeric')
      return optional(pick(prng, ['(10,2)', '(5)', '(20,10)', '(4,1)', '(38,0)']));
    if (
      type === 'timestamp' ||
      type === 'timestamptz' ||
      type === 'time' ||
      type === 'timetz' ||
      type === 'interval'
    )
      return optional(`(${prng.integer(7)})`);
    return '';
  }

  #condition(place: Place, depth: number): Tree {
    const { prng } = this;
    const roll = prng.integer(100);
    const e = (type: string): Tree => this.expression(type, place, depth);
    const not = chance(prng, 30) ? optional('NOT ') : '';
    if (roll < 14) return tree('', '(', e('bool'), pick(prng, [' AND ', ' OR ']), e('bool'), ')');
    if (roll < 19) return tree('', '(NOT ', e('bool'), ')');
    if (roll < 27) return tree('', '(', e(this.anyType()), ' IS ', not, 'NULL)');
    if (roll < 31)
      return tree('', '(', e('bool'), ' IS ', not, pick(prng, ['TRUE', 'FALSE', 'UNKNOWN']), ')');
    const type = this.sortableType();
    if (roll < 45)
      return tree(
        '',
        '(',
        e(type),
        ` ${pick(prng, COMPARISONS)} `,
        this.argument(type, place, depth),
        ')',
      );
    if (roll < 51) {
      const items = Array.from({ length: 1 + prng.integer(3) }, () =>
        this.argument(type, place, depth - 1),
      );
      return tree('', '(', e(type), ' ', not, 'IN (', listOf(items), '))');
    }
    if (roll < 55)
      return tree(
        '',
        '(',
        e(type),
        ' IS ',
        not,
        'DISTINCT FROM ',
        this.argument(type, place, depth),
        ')',
      );
    if (roll < 60) {
      const symmetric = chance(prng, 20) ? optional('SYMMETRIC ') : '';
      return tree(
        '',
        '(',
        e(type),
        ' ',
        not,
        'BETWEEN ',
        symmetric,
        this.argument(type, place, depth),
        ' AND ',
        this.argument(type, place, depth),
        ')',
      );
    }
    if (roll < 66) {
      const like = pick(prng, ['LIKE', 'ILIKE', 'LIKE', 'SIMILAR TO']);
      return tree(
        '',
        '(',
        e(pick(prng, ['text', 'varchar', 'bpchar'])),
        ' ',
        not,
        `${like} `,
        quote(pick(prng, PATTERNS)),
        ')',
      );
    }
    if (roll < 70) {
      const other = this.sortableType();
      const comparison = pick(prng, COMPARISONS);
      return tree(
        '',
        '((',
        e(type),
        ', ',
        e(other),
        `) ${comparison} (`,
        e(type),
        ', ',
        e(other),
        '))',
      );
    }
    if (roll < 75) {
      const some = pick(prng, ['ANY', 'ALL']);
      return tree(
        '',
        '(',
        e(type),
        ` ${pick(prng, COMPARISONS)} ${some} (`,
        type.startsWith('_')
          ? `ARRAY[${literal(prng, type)}]`
          : this.expression(`_${type}`, place, depth),
        '))',
      );
    }
    if (place.queries !== undefined) {
      const { queries } = place;
      if (roll >= 96) {
        const other = this.sortableType();
        const how = chance(prng, 50)
          ? 'IN'
          : `${pick(prng, COMPARISONS)} ${pick(prng, ['ANY', 'ALL'])}`;
        const row = tree('', '(', e(type), ', ', e(other), ') ');
        return tree('', '(', row, `${how} (`, queries.rows([type, other], place.atoms, 1), '))');
      }
      if (roll < 81)
        return tree('', '(', e(type), ' ', not, 'IN (', queries.column(type, place.atoms, 1), '))');
      if (roll < 87) return tree('', '(', not, 'EXISTS (', queries.any(place.atoms, 1), '))');
      if (roll < 91) {
        return tree(
          '',
          '(',
          e(type),
          ` ${pick(prng, COMPARISONS)} ${pick(prng, ['ANY', 'ALL'])} (`,
          queries.column(type, place.atoms, 1),
          '))',
        );
      }
    }
    return this.#operation('bool', place, depth);
  }

  /** ORDER BY that leaves nothing open. */
  order(place: Place, depth: number): Tree {
    const items: Part[] = Array.from({ length: this.prng.integer(3) }, () =>
      tree('', this.expression(this.sortableType(), place, depth), this.direction()),
    );
    return tree('', 'ORDER BY ', listOf([...items, place.keys.join(', ')]));
  }

  direction(): Tree {
    return tree(
      '',
      optional(pick(this.prng, ['', ' DESC', ' ASC'])),
      optional(pick(this.prng, ['', '', ' NULLS FIRST', ' NULLS LAST'])),
    );
  }

  #aggregate(type: string, place: Place, depth: number): Tree | null {
    const { prng } = this;
    const inner: Place = {
      atoms: place.aggregated ?? [],
      keys: place.keys,
      queries: depth > 0 ? place.queries : undefined,
      parameters: place.parameters,
    };
    if (inner.atoms.length === 0) return null;
    const filter = chance(prng, 20)
      ? optional(' FILTER (WHERE ', this.expression('bool', inner, 1), ')')
      : '';
    if (type === 'int8' && chance(prng, 60)) {
      if (chance(prng, 40)) return tree('', 'count(*)', filter);
      const what = this.sortableType();
      return tree(
        '',
        'count(',
        chance(prng, 30) ? optional('DISTINCT ') : '',
        this.expression(what, inner, depth),
        ')',
        filter,
      );
    }
    if (type.startsWith('_') && chance(prng, 80)) {
      const element = type.slice(1);
      if (!isSortable(element) || chance(prng, 70)) {
        return tree(
          '',
          'array_agg(',
          this.expression(element, inner, depth),
          ' ',
          this.order(inner, 0),
          ')',
          filter,
        );
      }
      return tree('', 'array_agg(DISTINCT ', this.expression(element, inner, depth), ')', filter);
    }
    const call = this.#choose(
      AGGREGATES.filter((each) => !each.isWindowOnly),
      type,
    );
    if (call === null) return null;
    const items = call.arguments.map((each) =>
      this.argument(each === 'any' ? this.anyType() : each, inner, depth),
    );
    const needsOrder =
      /agg$/.test(call.name) || ['float4', 'float8'].includes(call.arguments[0] ?? '');
    const isDistinct = !needsOrder && items.length === 1 && chance(prng, 15);
    return tree(
      '',
      `${call.name}(`,
      isDistinct ? optional('DISTINCT ') : '',
      listOf(items, ', ', items.length),
      needsOrder ? tree('', ' ', this.order(inner, 0)) : '',
      ')',
      filter,
    );
  }

  #window(type: string, place: Place, depth: number): Tree | null {
    const { prng } = this;
    if (place.keys.length === 0) return null;
    const inner: Place = { ...place, hasWindows: false };
    const partition = chance(prng, 60)
      ? optional('PARTITION BY ', this.expression(this.sortableType(), inner, depth), ' ')
      : '';
    const [key] = place.keys;
    const isRange = place.keys.length === 1 && key?.endsWith('.id') === true && chance(prng, 25);
    const order = isRange
      ? `ORDER BY ${key} RANGE BETWEEN ${prng.integer(3)} PRECEDING AND ${prng.integer(3)} FOLLOWING`
      : tree('', this.order(inner, 0), chance(prng, 40) ? optional(' ', this.#frame()) : '');
    const over = tree('', ' OVER (', partition, order, ')');
    const name = pick(prng, [
      'lag',
      'lead',
      'first_value',
      'last_value',
      'nth_value',
      'aggregate',
      'aggregate',
    ]);
    if (type === 'int8' && chance(prng, 50))
      return tree('', pick(prng, ['row_number()', 'rank()', 'dense_rank()', 'count(*)']), over);
    if (type === 'int4' && chance(prng, 20)) return tree('', `ntile(${1 + prng.integer(4)})`, over);
    if (type === 'float8' && chance(prng, 30))
      return tree('', pick(prng, ['percent_rank()', 'cume_dist()']), over);
    if (name === 'aggregate') {
      const call = this.#choose(
        AGGREGATES.filter((each) => !each.isWindowOnly),
        type,
      );
      if (call === null) return null;
      const items = call.arguments.map((each) =>
        this.argument(each === 'any' ? this.anyType() : each, inner, depth),
      );
      const filter = chance(prng, 15)
        ? optional(' FILTER (WHERE ', this.expression('bool', inner, 1), ')')
        : '';
      return tree('', `${call.name}(`, listOf(items, ', ', items.length), ')', filter, over);
    }
    const value = this.expression(type, inner, depth);
    if (name === 'nth_value')
      return tree('', 'nth_value(', value, `, ${1 + prng.integer(3)})`, over);
    if (name.startsWith('l') && name !== 'last_value') {
      const offset = chance(prng, 50)
        ? optional(
            `, ${prng.integer(3)}`,
            chance(prng, 40) ? optional(', ', this.expression(type, inner, depth)) : '',
          )
        : '';
      return tree('', `${name}(`, value, offset, ')', over);
    }
    return tree('', `${name}(`, value, ')', over);
  }

  #frame(): string {
    const { prng } = this;
    const mode = pick(prng, ['ROWS', 'ROWS', 'GROUPS', 'RANGE']);
    const starts = [
      'UNBOUNDED PRECEDING',
      'CURRENT ROW',
      ...(mode === 'RANGE' ? [] : ['1 PRECEDING', '2 PRECEDING', '1 FOLLOWING']),
    ];
    const ends = [
      'UNBOUNDED FOLLOWING',
      'CURRENT ROW',
      ...(mode === 'RANGE' ? [] : ['1 FOLLOWING', '2 FOLLOWING']),
    ];
    const exclude = chance(prng, 25)
      ? ` EXCLUDE ${pick(prng, ['CURRENT ROW', 'GROUP', 'TIES', 'NO OTHERS'])}`
      : '';
    return `${mode} BETWEEN ${pick(prng, starts)} AND ${pick(prng, ends)}${exclude}`;
  }
}

function simplest(type: string): readonly string[] {
  const plain: Readonly<Record<string, readonly string[]>> = {
    bool: ['true'],
    int4: ['1', '0'],
    int2: ['1::int2'],
    int8: ['1::int8'],
    numeric: ['1.5'],
    text: ["'a'::text", "''::text"],
    float8: ['1.5::float8'],
    float4: ['1.5::float4'],
    varchar: ["'a'::varchar"],
    bpchar: ["'a'::bpchar"],
    date: ["'2000-01-01'::date"],
    jsonb: ["'1'::jsonb"],
    json: ["'1'::json"],
    timestamp: ["'2000-01-01'::timestamp"],
    timestamptz: ["'2000-01-01'::timestamptz"],
    interval: ["'1 day'::interval"],
  };
  return plain[type] ?? (type.startsWith('_') ? [`'{}'::${typeName(type)}`] : []);
}
