// What functions see and may do while a request runs.
import { expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { RequestContext } from '../../src/machine/call-context.ts';

const NO_SEQUENCES = {
  load: (oid: number) => new PgError('XX000', `could not open relation with OID ${oid}`),
  save: () => undefined,
};

function giveRows(context: RequestContext, thousands: number): void {
  for (let count = 0; count < thousands; count++) context.rowsGiven(1000);
}

it('stops a step that has functions give too many rows', () => {
  const context = new RequestContext(() => null, NO_SEQUENCES);
  giveRows(context, 10_000);
  expect(() => giveRows(context, 1)).toThrow('10000000 rows at most');
});

it('counts anew for each step, and for one that runs again', () => {
  const context = new RequestContext(() => null, NO_SEQUENCES);
  giveRows(context, 10_000);
  context.beginStep();
  giveRows(context, 10_000);
  context.undoStep();
  giveRows(context, 10_000);
});
