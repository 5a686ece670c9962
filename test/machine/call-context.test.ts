// What functions see and may do while a request runs.
import { describe, expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { NO_COST, RequestContext } from '../../src/machine/call-context.ts';

const NO_STORES = {
  rows: { hasAny: () => false, write: () => undefined },
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
  expect(() => context.write(1)).toThrow('a transaction may write 1 GB of values at most');
});

it('counts a row that is written as work, whatever is in it', () => {
  const context = new RequestContext(() => null, NO_STORES);
  context.beginStep();
  for (let row = 0; row < ALL / 2; row++) context.write(0);
  expect(() => context.write(0)).toThrow('too much work');
});

describe('an interactive transaction', () => {
  const BEGIN = { now: 0n, seed: 0, settings: [] };

  function statement(
    context: RequestContext,
    work: number,
    { isCounted = true, givenBytes = 0 } = {},
  ): void {
    context.begin(BEGIN);
    if (isCounted) context.countForTransaction(givenBytes);
    context.beginStep();
    context.spend(work);
  }

  it('is stopped when its statements together are too much work, failed ones too', () => {
    const context = new RequestContext(() => null, NO_STORES);
    context.beginTransaction(NO_COST);
    for (let at = 0; at < 3; at++) statement(context, ALL);
    statement(context, ALL);
    context.noteFailedStep();
    context.undoStep();
    statement(context, ALL);
    expect(() => statement(context, 1)).toThrow('too much work');
    expect(() => statement(context, ALL, { isCounted: false })).not.toThrow();
    context.beginTransaction(NO_COST);
    expect(() => statement(context, ALL)).not.toThrow();
  });

  it('is stopped when its statements together write too much', () => {
    const context = new RequestContext(() => null, NO_STORES);
    context.beginTransaction(NO_COST);
    for (let at = 0; at < 64; at++) {
      statement(context, 0);
      context.write(16 * 1024 * 1024);
    }
    expect(context.isFarFromTooMuch).toBe(false);
    statement(context, 0);
    expect(() => context.write(1)).toThrow('a transaction may write 1 GB of values at most');
  });

  it('does not count what is in proportion to its statements', () => {
    const context = new RequestContext(() => null, NO_STORES);
    context.beginTransaction(NO_COST);
    for (let at = 0; at < 20; at++) statement(context, ALL, { givenBytes: ALL / 8 });
    statement(context, 80_001, { givenBytes: 10_000 });
    expect(context.transactionCost).toEqual({ work: 1, bytes: 0 });
  });

  it('does not count a statement that nobody runs again', () => {
    const context = new RequestContext(() => null, NO_STORES);
    context.beginTransaction(NO_COST);
    statement(context, 5);
    const before = context.transactionCost;
    statement(context, ALL);
    context.uncountStatement(before);
    context.begin(BEGIN);
    expect(context.transactionCost).toEqual({ work: 5, bytes: 0 });
  });

  it('that was told of too much runs again at its place in the log', () => {
    const context = new RequestContext(() => null, NO_STORES);
    context.beginTransaction(NO_COST);
    expect(() => statement(context, ALL + 1)).toThrow('too much work');
    context.undoStep();
    context.begin(BEGIN);
    expect(context.isFarFromTooMuch).toBe(false);
  });
});
