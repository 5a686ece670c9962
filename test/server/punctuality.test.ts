// Messages of clients that take long must not follow each other without a break for timers, and for
// the messages of other threads.
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { Punctuality } from '../../src/server/punctuality.ts';

const LONG_MS = 10_000;

let ticker: NodeJS.Timeout | undefined;

afterEach(() => clearInterval(ticker));

/** What happened in which order when three messages of `ms` each have arrived at once. */
async function orderOf(ms: number, hasTimer = true): Promise<string> {
  let now = 0;
  const punctuality = new Punctuality(() => now);
  const events: string[] = [];
  const { port1, port2 } = new MessageChannel();
  port2.on('message', () => events.push('answer'));
  if (hasTimer) {
    punctuality.ticked();
    ticker = setInterval(() => {
      if (events.at(-1) !== 'timer') {
        events.push('timer');
        port1.postMessage('');
      }
      punctuality.ticked();
    }, 1);
  }
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      const messages = ['a', 'b', 'c'].map(async (name) => {
        const breather = punctuality.wait();
        if (breather !== null) await breather;
        events.push(name);
        now += ms;
      });
      void Promise.all(messages).then(() => resolve());
    });
  });
  port1.close();
  return events.slice(events.indexOf('a')).join(' ');
}

describe('messages that have arrived at once', () => {
  it('follow each other if they are short', async () => {
    expect(await orderOf(1)).toBe('a b c');
  });

  it('let timers run between them if they are long', async () => {
    expect(await orderOf(LONG_MS)).toBe('a timer answer b timer answer c');
  });

  it('do not wait for a timer that there is not', async () => {
    expect(await orderOf(LONG_MS, false)).toBe('a b c');
  });
});
