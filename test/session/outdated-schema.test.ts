// What fails to compile for an older schema is compiled again, whenever the newer one arrives: the
// schema moves on in another thread, at any moment.
import { expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { Arrivals } from '../../src/session/arrivals.ts';
import { freshen, withNewestSchema } from '../../src/session/outdated-schema.ts';
import { runOptions } from '../../src/session/session-context.ts';
import type { SessionContext } from '../../src/session/session-context.ts';
import { Settings } from '../../src/session/settings.ts';
import { Cancellation } from '../../src/util/cancellation.ts';

const TABLE_SINCE = 2;

class Node {
  version = 1;
  freshened = 0;

  readonly context = {
    settings: new Settings(),
    cancellation: new Cancellation(),
    arrivals: new Arrivals(),
    backend: {
      catalog: () => ({ version: this.version }),
      freshen: async () => {
        this.freshened += 1;
        this.version = Math.max(this.version, TABLE_SINCE);
      },
    },
  } as unknown as SessionContext;

  /** Compiles for the schema that there is; `during` happens before the error is told. */
  readonly compile = (during: () => void = () => undefined): number => {
    const { version } = this;
    during();
    if (version < TABLE_SINCE) throw new PgError('42P01', 'relation "t" does not exist');
    return version;
  };
}

it('compiles again after the node got the newest schema', async () => {
  const node = new Node();
  expect(await withNewestSchema(node.context, () => node.compile())).toBe(TABLE_SINCE);
});

it('compiles again where the schema moved on while the statement was compiled', async () => {
  const node = new Node();
  const moveOn = (): void => {
    node.version = TABLE_SINCE;
  };
  expect(await withNewestSchema(node.context, () => node.compile(moveOn))).toBe(TABLE_SINCE);
});

it('asks for nothing where a statement compiles', async () => {
  const node = new Node();
  node.version = TABLE_SINCE;
  await withNewestSchema(node.context, () => node.compile());
  expect(node.freshened).toBe(0);
});

it('gives the error of the newest schema', async () => {
  const node = new Node();
  const failing = (): never => {
    throw new PgError('42P01', 'relation "nowhere" does not exist');
  };
  await expect(withNewestSchema(node.context, failing)).rejects.toMatchObject({ code: '42P01' });
});

it('covers what was received before, and nothing that comes later', async () => {
  const { context, compile } = new Node();
  context.arrivals.received();
  expect(runOptions(context).isFresh).toBe(false);
  await withNewestSchema(context, compile);
  expect(runOptions(context).isFresh).toBe(true);
  context.arrivals.received();
  expect(runOptions(context).isFresh).toBe(false);
});

it('does not cover what comes while the node waits', async () => {
  const { context } = new Node();
  const { backend, arrivals } = context;
  arrivals.received();
  const freshened = backend.freshen(runOptions(context));
  Object.assign(backend, {
    freshen: async () => {
      arrivals.received();
      await freshened;
    },
  });
  await freshen(context);
  expect(runOptions(context).isFresh).toBe(false);
});

it('covers nothing where reads need not be linearizable', async () => {
  const { context } = new Node();
  context.settings.set('balsa.read_consistency', 'stale');
  context.arrivals.received();
  await freshen(context);
  expect(runOptions(context).isFresh).toBe(false);
});
