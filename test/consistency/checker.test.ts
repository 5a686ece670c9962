// Anomalies planted by hand are found, and found under their right names; what is allowed is not one.
import { describe, expect, it } from 'vitest';
import type { AnomalyName } from './anomaly.ts';
import { checkListAppend } from './list-append.ts';
import { parseHistory } from './support/parse-history.ts';

function names(text: string): AnomalyName[] {
  return [...new Set(checkListAppend(parseHistory(text)).map(({ name }) => name))].sort();
}

describe('histories that are allowed', () => {
  const valid: Record<string, string> = {
    'one after the other': `
      T1 0 1 ok: append 1 1, read 1 [1]
      T2 2 3 ok: read 1 [1], append 1 2, append 1 3, read 1 [1 2 3]
      T3 4 5 ok: read 1 [1 2 3], read 2 []`,
    'concurrent, in the other order': `
      T1 0 9 ok: read 1 [2], append 1 1
      T2 0 9 ok: read 1 [], append 1 2
      T3 10 11 ok: read 1 [2 1]`,
    'a transaction that failed and left nothing': `
      T1 0 1 fail: read 1 [7 8], append 1 1
      T2 2 3 ok: read 1 []`,
    'an unknown outcome that did not happen': `
      T1 0 1 info: append 1 1
      T2 2 3 ok: read 1 []`,
    'an unknown outcome that happens later': `
      T1 0 1 info: append 1 1
      T2 2 3 ok: read 1 []
      T3 4 5 ok: read 1 [1]`,
    'a read that sees a concurrent commit that is not acknowledged yet': `
      T1 0 9 ok: append 1 1
      T2 1 2 ok: read 1 [1]
      T3 3 4 ok: read 1 [1]`,
    'an end and a begin at the same time': `
      T1 0 5 ok: append 1 1
      T2 5 6 ok: read 1 []
      T3 7 8 ok: read 1 [1]`,
    'an append nobody has read': `
      T1 0 1 ok: read 1 []
      T2 2 3 ok: append 1 1`,
  };
  it.each(Object.entries(valid))('%s', (_, text) => {
    expect(checkListAppend(parseHistory(text))).toEqual([]);
  });
});

describe('histories with an anomaly', () => {
  const planted: [AnomalyName, string, string][] = [
    [
      'G1a',
      'a read of what did not commit',
      `T1 0 9 fail: append 1 1
       T2 0 9 ok: read 1 [1]`,
    ],
    [
      'G1a',
      'an append on top of what did not commit',
      `T1 0 1 fail: append 1 1
       T2 2 3 ok: append 1 2
       T3 4 5 ok: read 1 [1 2]`,
    ],
    [
      'G1b',
      'a read between two appends of a transaction',
      `T1 0 9 ok: append 1 1, append 1 2
       T2 0 9 ok: read 1 [1]
       T3 10 11 ok: read 1 [1 2]`,
    ],
    [
      'G1b',
      'the same, and nobody saw the second',
      `T1 0 9 ok: append 1 1, append 1 2
       T2 0 9 ok: read 1 [1]`,
    ],
    [
      'internal',
      'a transaction that does not see its own append',
      `T1 0 1 ok: append 1 1, read 1 []
       T2 2 3 ok: read 1 [1]`,
    ],
    [
      'internal',
      'a transaction that sees its own appends in the wrong order',
      `T1 0 1 ok: append 1 2, append 1 3, read 1 [3 2]`,
    ],
    [
      'duplicate-append',
      'an append that took effect twice',
      `T1 0 1 ok: append 1 1
       T2 2 3 ok: append 1 2
       T3 4 5 ok: read 1 [1 2 1]`,
    ],
    [
      'unknown-value',
      'a value from nowhere',
      `T1 0 1 ok: append 1 1
       T2 2 3 ok: read 1 [9 1]`,
    ],
    [
      'incompatible-order',
      'two reads that do not agree',
      `T1 0 9 ok: append 1 1
       T2 0 9 ok: append 1 2
       T3 0 9 ok: read 1 [1 2]
       T4 0 9 ok: read 1 [2 1]`,
    ],
    [
      'lost-append',
      'an acknowledged append that is gone',
      `T1 0 1 ok: append 1 1
       T2 2 3 ok: append 1 2
       T3 4 5 ok: read 1 [2]`,
    ],
    [
      'G0',
      'writes that are interleaved',
      `T1 0 9 ok: append 1 1, append 2 1
       T2 0 9 ok: append 1 2, append 2 2
       T3 10 11 ok: read 1 [1 2], read 2 [2 1]`,
    ],
    [
      'G1c',
      'two transactions that have seen each other',
      `T1 0 9 ok: append 1 1, read 2 [2]
       T2 0 9 ok: append 2 2, read 1 [1]`,
    ],
    [
      'G1c',
      'three transactions in a circle',
      `T1 0 9 ok: append 1 1, append 2 1
       T2 0 9 ok: append 2 2, append 3 2
       T3 0 9 ok: read 3 [2], append 1 3
       T4 10 11 ok: read 1 [3 1], read 2 [1 2]`,
    ],
    [
      'G-single',
      'read skew: half of a transaction was seen',
      `T1 0 9 ok: append 1 1, append 2 1
       T2 0 9 ok: read 1 [1], read 2 []
       T3 10 11 ok: read 1 [1], read 2 [1]`,
    ],
    [
      'G-single',
      'half of a transaction of unknown outcome was seen',
      `T1 0 9 info: append 1 1, append 2 1
       T2 20 21 ok: read 1 [1], read 2 []`,
    ],
    [
      'G-single',
      'lost update: both built on the same list',
      `T1 0 9 ok: read 1 [], append 1 1
       T2 0 9 ok: read 1 [], append 1 2
       T3 10 11 ok: read 1 [1 2]`,
    ],
    [
      'G2-item',
      'write skew',
      `T1 0 9 ok: read 1 [], append 2 1
       T2 0 9 ok: read 2 [], append 1 2
       T3 10 11 ok: read 1 [2], read 2 [1]`,
    ],
    [
      'G2-item',
      'a long fork: two readers see two appends in different order',
      `T1 0 9 ok: append 1 1
       T2 0 9 ok: append 2 2
       T3 0 9 ok: read 1 [1], read 2 []
       T4 0 9 ok: read 1 [], read 2 [2]`,
    ],
    [
      'G0-realtime',
      'a write before one that had ended',
      `T1 0 1 ok: append 1 1
       T2 2 3 ok: append 1 2
       T3 2 9 ok: read 1 [2 1]`,
    ],
    [
      'G1c-realtime',
      'a read of the future',
      `T1 0 1 ok: read 1 [1]
       T2 2 3 ok: append 1 1`,
    ],
    [
      'G-single-realtime',
      'a stale read',
      `T1 0 1 ok: append 1 1
       T2 2 3 ok: read 1 []
       T3 2 9 ok: append 2 1
       T4 10 11 info: read 1 [1]
       T5 4 9 ok: read 2 [1], read 1 [1]`,
    ],
    [
      'G2-item-realtime',
      'two stale reads, each of what the other did not see',
      `T1 0 9 ok: read 1 [], read 9 []
       T2 10 19 ok: append 2 1
       T3 10 29 ok: append 1 1
       T4 0 29 ok: read 2 [], append 3 1
       T5 20 39 ok: read 3 [], read 1 []
       T6 40 41 ok: read 1 [1], read 2 [1], read 3 [1]`,
    ],
  ];
  it.each(planted)('%s: %s', (name, _, text) => {
    expect(names(text)).toEqual([name]);
  });

  it('may be of several kinds at once: a read that is not repeatable', () => {
    const text = `
      T1 0 9 ok: read 1 [], read 1 [1]
      T2 0 9 ok: append 1 1`;
    expect(names(text)).toEqual(['G-single', 'internal']);
  });

  it('are told with the transactions, the keys and the reasons', () => {
    const [anomaly] = checkListAppend(
      parseHistory(`
        T1 0 1 ok: append 1 1
        T2 2 3 ok: append 2 2
        T3 4 5 ok: append 3 3
        T4 6 7 ok: read 1 []
        T5 8 9 ok: append 1 5, read 1 [1 5]`),
    );
    expect(anomaly?.message).toBe(
      [
        'G-single-realtime: T4 -rw-> T1 -rt-> T4',
        '  T4 -rw-> T1: key 1: 1 was not in the empty list',
        '  T1 -rt-> T4: T1 had ended before T4 began',
        '  T4 (process 4, 6 to 7) ok: read 1 []',
        '  T1 (process 1, 0 to 1) ok: append 1 1',
      ].join('\n'),
    );
  });

  it('of a broken workload are not judged', () => {
    expect(() => names('T1 0 1 ok: append 1 1\n T2 0 1 ok: append 1 1')).toThrow('appends 1');
  });
});
