// The tree of a long statement goes when memory is wanted, and is made again.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { initializeParser, parse } from '../../src/sql/parse/parse.ts';
import { must } from '../../src/util/assert.ts';

await initializeParser();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function nextTurn(): Promise<void> {
  await new Promise((done) => setImmediate(done));
}

const LONG = `select 1; insert into t values ${Array.from({ length: 2000 }, (_, at) => `(${at}, 'ß')`).join(', ')}`;

it('is kept of a short one', async () => {
  const [statement] = parse('select 1');
  const tree = new WeakRef(must(statement, 'a statement').node);
  await nextTurn();
  collectGarbage();
  expect(tree.deref()).toBe(must(statement, 'a statement').node);
});

it('is not kept of a long one, and made again', async () => {
  const [, statement] = parse(LONG);
  const before = JSON.stringify(must(statement, 'two statements').node);
  const treeOf = (): WeakRef<object> => new WeakRef(must(statement, 'two statements').node);
  const tree = treeOf();
  await nextTurn();
  collectGarbage();
  expect(tree.deref()).toBeUndefined();
  expect(JSON.stringify(must(statement, 'two statements').node)).toBe(before);
});
