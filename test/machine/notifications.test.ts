// Notifications of transactions: told once, if the transaction took effect, and in order.
import { describe, expect, it } from 'vitest';
import type { ApplyResult } from '../../src/machine/machine.ts';
import { must } from '../../src/util/assert.ts';
import { executeEntry, query, request } from './support/entries.ts';
import { MachineWorld } from './support/machine-world.ts';
import { TransactionWorld } from './support/transaction-world.ts';

const LEFT = 'SELECT count(*) FROM "balsa.notification"';

function notify(channel: string, payload: string) {
  return query('SELECT pg_notify(?, ?)', [channel, payload]);
}

class NotifyingWorld extends MachineWorld {
  readonly session = this.register();
  #sequence = 1;

  /** `channel payload pid`, of one request by its steps. */
  run(steps: Parameters<typeof request>[0], more: Parameters<typeof request>[1] = {}) {
    return this.told(
      this.apply(
        executeEntry(this.nextIndex, { sessionId: this.session, firstSequence: this.#sequence++ }, [
          request(steps, { settings: [['@pid', '42']], ...more }),
        ]),
      ),
    );
  }

  told({ notifications }: ApplyResult): readonly string[] {
    expect(this.rows(LEFT)).toEqual([[0n]]);
    return notifications.map(({ channel, payload, pid }) => `${channel} ${payload} ${pid}`);
  }
}

describe('a request tells', () => {
  it('what it notified, each once, in order', () => {
    const world = new NotifyingWorld();
    const steps = [notify('b', '1'), notify('a', '1'), notify('b', '1'), notify('b', '2')];
    expect(world.run(steps)).toEqual(['b 1 42', 'a 1 42', 'b 2 42']);
    expect(world.run([notify('b', '1')])).toEqual(['b 1 42']);
    expect(world.run([query('SELECT 1')])).toEqual([]);
  });

  it('nothing if it failed, or is rolled back', () => {
    const world = new NotifyingWorld();
    const fails = query('SELECT pg_notify(?, ?)', ['', '']);
    expect(world.run([notify('a', '1'), fails])).toEqual([]);
    expect(world.run([query("SELECT pg_notify('a', '1'), pg_notify('', '')")])).toEqual([]);
    expect(world.run([notify('a', '1')], { isDoomed: true })).toEqual([]);
    expect(world.run([notify('a', '2')])).toEqual(['a 2 42']);
  });

  it('nothing again when it comes again', () => {
    const world = new NotifyingWorld();
    const place = { sessionId: world.session, firstSequence: 1 };
    const sent = [request([notify('a', '1')])];
    expect(world.told(world.apply(executeEntry(world.nextIndex, place, sent)))).toEqual(['a 1 0']);
    expect(world.told(world.apply(executeEntry(world.nextIndex, place, sent)))).toEqual([]);
  });

  it('with the other entries that are applied at once', () => {
    const world = new NotifyingWorld();
    const entries = [1, 2].map((sequence) =>
      executeEntry(
        world.nextIndex + sequence - 1,
        { sessionId: world.session, firstSequence: sequence },
        [request([notify('a', String(sequence))])],
      ),
    );
    expect(world.told(world.machine.apply(entries))).toEqual(['a 1 0', 'a 2 0']);
  });
});

describe('a transaction', () => {
  it('tells at its place in the log what was not rolled back to a savepoint', () => {
    const world = new TransactionWorld();
    world.sql('CREATE TABLE t (n int)');
    const a = world.begin();
    a.run("NOTIFY a, '1'");
    a.control('SAVEPOINT s');
    a.run("NOTIFY a, '2'");
    a.control('ROLLBACK TO s');
    a.run("NOTIFY b, '3'");
    a.run("NOTIFY a, '1'");
    // It is taken up again.
    world.sql('INSERT INTO t VALUES (1)');
    a.run("NOTIFY b, '4'");
    const b = world.begin();
    b.run("NOTIFY b, '5'");
    expect(a.commit().kind).toBe('done');
    expect(told(world)).toEqual(['a 1', 'b 3', 'b 4']);
    expect(b.commit().kind).toBe('done');
    expect(told(world)).toEqual(['b 5']);
    expect(world.rows(LEFT)).toEqual([[0n]]);
  });

  it('that does not commit tells nothing', () => {
    const world = new TransactionWorld();
    world.sql('CREATE TABLE t (n int)');
    const a = world.begin();
    expect(a.run('SELECT count(*) FROM t')).toBe('0');
    a.run("NOTIFY a, '1'");
    world.sql('INSERT INTO t VALUES (1)');
    expect(a.commit().kind).toBe('conflict');
    expect(told(world)).toEqual([]);
    expect(world.rows(LEFT)).toEqual([[0n]]);
  });
});

/** Of the entry that was applied last. */
function told(world: TransactionWorld): readonly string[] {
  const { notifications } = must(world.lastResult, 'something was applied');
  return notifications.map(({ channel, payload }) => `${channel} ${payload}`);
}
