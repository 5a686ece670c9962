// What functions see and may do while a request runs.
import { expect, it } from 'vitest';
import { RequestContext } from '../../src/machine/call-context.ts';

function giveRows(context: RequestContext, thousands: number): void {
  for (let count = 0; count < thousands; count++) context.rowsGiven(1000);
}

it('stops a step that has functions give too many rows', () => {
  const context = new RequestContext(() => null);
  giveRows(context, 10_000);
  expect(() => giveRows(context, 1)).toThrow('10000000 rows at most');
});

it('counts anew for each step, and for one that runs again', () => {
  const context = new RequestContext(() => null);
  giveRows(context, 10_000);
  context.beginStep();
  giveRows(context, 10_000);
  context.rewind(context.drawn);
  giveRows(context, 10_000);
});
