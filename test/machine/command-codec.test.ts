// Commands, requests and outcomes survive the way through bytes; other bytes are refused.
import { describe, expect, it } from 'vitest';
import { decodeCommand, encodeCommand } from '../../src/machine/command-codec.ts';
import {
  decodeOutcome,
  encodeOutcome,
  outcomeKind,
  packOutcomes,
  unpackOutcomes,
} from '../../src/machine/outcome-codec.ts';
import {
  decodeRequest,
  encodeRequest,
  RequestDecoder,
  splitRequest,
} from '../../src/machine/request-codec.ts';
import { DIGEST_BYTES } from '../../src/machine/command.ts';
import type {
  Command,
  LockAction,
  Outcome,
  Recording,
  Request,
  Step,
  StepResult,
} from '../../src/machine/command.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { DecodeError } from '../../src/util/bytes.ts';
import { Prng } from '../../src/util/prng.ts';
import { request, step } from './support/entries.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const RUNS = 1000;
const TEXTS = ['', 'a', 'Ünïcödé', '日本語', '𝄞 clef', "it's", 'null\u0001', 'x'.repeat(300)];

function some<T>(prng: Prng, countMax: number, draw: () => T): T[] {
  return Array.from({ length: prng.integer(countMax + 1) }, draw);
}

function drawValue(prng: Prng): SqliteValue {
  const draws: readonly (() => SqliteValue)[] = [
    () => null,
    () => BigInt(prng.between(-1000, 1000)),
    () => prng.pick([2n ** 63n - 1n, -(2n ** 63n)]),
    () => prng.pick([0, -0, 1.5, Infinity, -Infinity, 5e-324]),
    () => prng.pick(TEXTS),
    () => Buffer.from(some(prng, 20, () => prng.integer(256))),
  ];
  return prng.pick(draws)();
}

function drawStep(prng: Prng): Step {
  const values = some(prng, 4, () => drawValue(prng));
  const rowsAtFault = prng.pick([
    null,
    { tableOid: prng.uint32(), sql: prng.pick(TEXTS), values },
    { tableOid: 5, sql: 'rows', values: some(prng, 3, () => drawValue(prng)) },
  ]);
  const [hasRows, isResult] = [prng.chance(0.5), prng.chance(0.5)];
  return { sql: prng.pick(TEXTS), values, hasRows, isResult, rowsAtFault };
}

function drawSettings(prng: Prng): readonly (readonly [string, string])[] {
  return some(prng, 2, () => [prng.pick(TEXTS), prng.pick(TEXTS)] as const);
}

function drawOids(prng: Prng): readonly number[] {
  return some(prng, 3, () => prng.integer(2 ** 31));
}

function drawRecording(prng: Prng, count: number): Recording {
  const statements = Array.from({ length: count }, () => ({
    isRead: prng.chance(0.5),
    changesSchema: prng.chance(0.1),
    reads: drawOids(prng),
    settings: drawSettings(prng),
    seed: prng.uint32(),
    digest: Buffer.alloc(DIGEST_BYTES, prng.integer(256)),
    actions: some(prng, 2, () => ({ action: prng.pick(TEXTS), result: drawValue(prng) })),
  }));
  const sequences = some(prng, 2, () => ({
    oid: prng.integer(2 ** 31),
    isOwn: prng.chance(0.5),
    runs: some(prng, 3, () => ({
      first: BigInt(prng.integer(2 ** 50)),
      increment: BigInt(prng.between(-3, 3)),
      count: prng.integer(2 ** 40),
    })),
  }));
  const staged = prng.chance(0.5)
    ? { nodeId: 3, incarnation: prng.integer(9), transaction: prng.integer(9), parts: 2 }
    : null;
  const locks = prng.chance(0.5)
    ? { owner: prng.integer(2 ** 40), transaction: prng.integer(2 ** 40) }
    : null;
  const recording = { snapshot: prng.integer(2 ** 50), statements, sequences, locks, staged };
  return prng.chance(0.2) ? { ...recording, isUntold: true } : recording;
}

function drawLockAction(prng: Prng): LockAction {
  const transaction = prng.integer(2 ** 40);
  const lock = { resource: prng.pick(TEXTS), mode: prng.between(1, 8), transaction };
  return prng.pick<LockAction>([
    { kind: 'acquire', ...lock, policy: prng.pick(['wait', 'nowait', 'skip']) },
    { kind: 'release', ...lock },
    { kind: 'release-transaction', transaction },
    { kind: 'release-owner' },
  ]);
}

function drawRequest(prng: Prng): Request {
  const statements = some(prng, 3, () => some(prng, 2, () => drawStep(prng)));
  return {
    schemaVersion: prng.integer(2 ** 40),
    schemaChanges: prng.integer(3),
    now: BigInt(prng.integer(2 ** 50)) - 2n ** 49n,
    seed: prng.uint32(),
    settings: drawSettings(prng),
    statements,
    isDoomed: prng.chance(0.1),
    writes: drawOids(prng),
    idempotencyKey: prng.pick(TEXTS),
    recording: prng.chance(0.3) ? drawRecording(prng, statements.length) : null,
    locks: prng.chance(0.3)
      ? { owner: prng.integer(2 ** 40), actions: some(prng, 4, () => drawLockAction(prng)) }
      : null,
  };
}

function drawCommand(prng: Prng): Command {
  const sessionId = prng.integer(2 ** 50);
  const draws: readonly (() => Command)[] = [
    () => ({ kind: 'register', nodeId: prng.uint32(), incarnation: prng.integer(2 ** 45) }),
    () => ({ kind: 'fence', sessionId, sequence: prng.integer(2 ** 50) }),
    () => ({ kind: 'close', sessionId, lastIndex: prng.integer(1000) }),
    () => ({
      kind: 'execute',
      sessionId,
      ackLow: prng.integer(1000),
      firstSequence: prng.integer(2 ** 50),
      requests: some(prng, 5, () => splitRequest(encodeRequest(drawRequest(prng)))),
    }),
  ];
  return prng.pick(draws)();
}

function drawResult(prng: Prng): StepResult {
  const rows = some(prng, 3, () => some(prng, 3, () => drawValue(prng)));
  const result = { rows: prng.chance(0.5) ? null : rows, count: prng.integer(2 ** 40) };
  if (prng.chance(0.7)) return result;
  const values = some(prng, 3, () => [prng.uint32(), BigInt(prng.integer(1e9)) - 500n] as const);
  return { ...result, sequences: { last: prng.uint32(), values } };
}

function drawOutcome(prng: Prng): Outcome {
  const results = some(prng, 3, () => drawResult(prng));
  const fields = { detail: prng.pick(TEXTS), position: prng.integer(100) };
  return prng.pick<Outcome>([
    { kind: 'done', results },
    { kind: 'failed', results, error: { code: '23505', message: prng.pick(TEXTS), fields } },
    { kind: 'stale-schema', schemaVersion: prng.integer(2 ** 40) },
    { kind: 'fenced' },
    { kind: 'result-lost' },
    { kind: 'session-expired' },
  ]);
}

function forRuns(act: (prng: Prng) => void): void {
  for (let run = 0; run < RUNS; run++) {
    const seed = SEED + run;
    try {
      act(new Prng(seed));
    } catch (error) {
      throw new Error(`seed=${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

describe('what was encoded decodes to the same', () => {
  it('requests', () => {
    const decoder = new RequestDecoder();
    forRuns((prng) => {
      const drawn = drawRequest(prng);
      const bytes = encodeRequest(drawn);
      expect(decodeRequest(bytes)).toEqual(drawn);
      expect(decoder.decode(splitRequest(bytes))).toEqual(drawn);
    });
  });

  it('commands', () => {
    forRuns((prng) => {
      const command = drawCommand(prng);
      expect(decodeCommand(encodeCommand(command))).toEqual(command);
    });
  });

  it('outcomes', () => {
    forRuns((prng) => {
      const outcome = drawOutcome(prng);
      const bytes = encodeOutcome(outcome);
      expect(decodeOutcome(bytes)).toEqual(outcome);
      expect(outcomeKind(bytes)).toBe(outcome.kind);
      expect(unpackOutcomes(packOutcomes([outcome, outcome])).map(decodeOutcome)).toEqual([
        outcome,
        outcome,
      ]);
    });
  });
});

describe('other bytes', () => {
  it('are refused or are something else, and do nothing worse', () => {
    forRuns((prng) => {
      const bytes = Buffer.from(encodeCommand(drawCommand(prng)));
      const damaged = bytes.subarray(0, prng.integer(bytes.length + 1));
      if (damaged.length > 0) damaged[prng.integer(damaged.length)] = prng.integer(256);
      try {
        const command = decodeCommand(damaged);
        if (command.kind !== 'execute') return;
        for (const one of command.requests) new RequestDecoder().decode(one);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    });
  });

  it('of another version are refused', () => {
    const bytes = Buffer.from(encodeCommand({ kind: 'close', sessionId: 1, lastIndex: 2 }));
    bytes[0] = 99;
    expect(() => decodeCommand(bytes)).toThrow('command version 99');
  });

  it('that promise more items than there are cost nothing', () => {
    const bytes = Buffer.from(encodeOutcome({ kind: 'done', results: [] }));
    bytes.writeUInt32LE(0xff_ffff, 1);
    expect(() => decodeOutcome(bytes)).toThrow(DecodeError);
  });
});

it('a command holds the SQL of equal requests once', () => {
  const sql = 'INSERT INTO t VALUES (?)'.padEnd(1000);
  const one = (value: bigint) => splitRequest(encodeRequest(request([step(sql, [value])])));
  const requests = Array.from({ length: 100 }, (_, at) => one(BigInt(at)));
  const place = { kind: 'execute', sessionId: 1, ackLow: 1, firstSequence: 1 } as const;
  expect(encodeCommand({ ...place, requests }).length).toBeLessThan(1000 + 100 * 40);
});
