// What functions see and may do while a request runs.
import { expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { RequestContext } from '../../src/machine/call-context.ts';

const NO_STORES = {
  sequences: {
    load: (oid: number) => new PgError('XX000', `could not open relation with OID ${oid}`),
    save: () => undefined,
  },
  notifications: { add: () => undefined },
};

const ALL = 10_000_000;

it('stops a request that is too much work, the statements together', () => {
  const context = new RequestContext(() => null, NO_STORES);
  context.beginStep();
  context.spend(ALL - 1);
  context.beginStep();
  context.spend(1);
  expect(() => context.spend(1)).toThrow('too much work');
});

it('does not count what a statement did before it runs again', () => {
  const context = new RequestContext(() => null, NO_STORES);
  context.spend(1);
  context.beginStep();
  context.spend(ALL - 1);
  context.undoStep();
  context.spend(ALL - 1);
  expect(() => context.spend(1)).toThrow('too much work');
});

it('stops a request that writes too much, however short its work', () => {
  const context = new RequestContext(() => null, NO_STORES);
  context.beginStep();
  for (let row = 0; row < 64; row++) context.write(16 * 1024 * 1024);
  expect(() => context.write(1)).toThrow('a statement may write 1 GB of values at most');
});

it('counts a row that is written as work, whatever is in it', () => {
  const context = new RequestContext(() => null, NO_STORES);
  context.beginStep();
  for (let row = 0; row < ALL / 2; row++) context.write(0);
  expect(() => context.write(0)).toThrow('too much work');
});
