// The tree of a long statement goes when it was compiled, and is made again.
import { expect, it } from 'vitest';
import { initializeParser, parse } from '../../src/sql/parse/parse.ts';
import { must } from '../../src/util/assert.ts';

await initializeParser();

const ROWS = Array.from({ length: 2000 }, (_, at) => `(${at}, 'ß')`).join(', ');
const LONG = `select 1; insert into t values ${ROWS}; select 2`;

it('is another one, and equal', () => {
  const statement = must(parse(LONG)[1], 'three statements');
  const { node } = statement;
  expect(statement.node).toBe(node);
  statement.forgetTree?.();
  expect(statement.node).not.toBe(node);
  expect(statement.node).toEqual(node);
  expect(statement.node).toHaveProperty('InsertStmt');
});

it('has its text and source all the same', () => {
  const statement = must(parse(LONG)[1], 'three statements');
  statement.forgetTree?.();
  expect(statement.source).toBe(LONG);
  expect(statement.text).toBe(`insert into t values ${ROWS}`);
});

it('is kept of a short one', () => {
  expect(must(parse('select 1')[0], 'a statement').forgetTree).toBeUndefined();
});
