// Which rows of an INSERT are one value, and which are text. What they do: test/sql/session/many-values.sql.
import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../src/server/plan-steps.ts';
import { parse } from '../../src/sql/parse/parse.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { must } from '../../src/util/assert.ts';
import { Engine } from '../sql/support/engine.ts';

function world(): Engine {
  const engine = new Engine();
  engine.answer('create table t (a numeric(8,2), b text, c bigint default 7)');
  return engine;
}

function insert(
  engine: Engine,
  values: readonly string[],
  parameters: readonly SqliteValue[] = [],
) {
  const text = `insert into t (a, b) values ${values.map((row) => `(${row})`).join(', ')}`;
  const [statement] = parse(text);
  const ran = engine.run(must(statement, 'a statement'), parameters);
  if (typeof ran === 'string') throw new Error(ran);
  const [step] = stepsOf({ plan: ran.plan, parameters });
  return must(step, 'a step');
}

function rows(count: number, row: (at: number) => string): string[] {
  return Array.from({ length: count }, (_none, at) => row(at));
}

describe('the rows of an INSERT', () => {
  it('are one value, so that the text is the same for any number of them', () => {
    const engine = world();
    const ten = insert(
      engine,
      rows(10, (at) => `${at}, 'x${at}'`),
    );
    const more = insert(
      engine,
      rows(500, (at) => `${at - 200}.5, 'y${at}'`),
    );
    expect(ten.sql).toContain('"balsa_rows_4"(?)');
    expect(more.sql).toBe(ten.sql);
    expect(more.values).toHaveLength(1);
    expect(engine.answer('select count(*), min(a), max(a), sum(c) from t')).toContain(
      '510\t-200.50\t299.50\t3570',
    );
  });

  it('are in the log once, though they may be asked for the row at fault', () => {
    const step = insert(
      world(),
      rows(10, (at) => `$${at + 1}, 'x'`),
      rows(10, String),
    );
    expect(step.rowsAtFault?.values[0]).toBe(step.values[0]);
  });

  it('may be parameters, literals, and NULL', () => {
    const engine = world();
    const step = insert(
      engine,
      ['$1, $2', ...rows(8, (at) => `${at}, 'x${at}'`), 'null, $3'],
      ['1.5', 'first', 'last'],
    );
    expect(step.sql).toContain('balsa_rows_4');
    const answer = engine.answer("select a, b from t where b not like 'x%' order by a");
    expect(answer).toContain('1.50\tfirst');
    expect(answer).toContain('NULL\tlast');
  });

  it('are text where they are few', () => {
    expect(
      insert(
        world(),
        rows(7, (at) => `${at}, 'x'`),
      ).sql,
    ).toContain('VALUES (');
  });

  it.each([
    ['one is computed in another way', [...rows(9, String), '1 + 1']],
    ['they look at a table', rows(10, () => '(select max(a) from t)')],
  ])('are text where %s', (_, values) => {
    const step = insert(
      world(),
      values.map((value) => `${value}, 'x'`),
    );
    expect(step.sql).toContain('VALUES (');
  });
});
