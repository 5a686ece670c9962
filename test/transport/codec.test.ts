import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch } from '../../src/transport/codec.ts';
import { estimateBytes } from '../../src/transport/message-bytes.ts';
import type { PeerMessage } from '../../src/transport/peer-message.ts';
import { DecodeError } from '../../src/util/bytes.ts';
import { Prng } from '../../src/util/prng.ts';
import { crc32 } from 'node:zlib';
import { ALL_KINDS, randomBytes, randomMessage } from './support/random-message.ts';

const RUNS = 1000;
const SEED = Number(process.env['SEED'] ?? 20);

function encode(messages: readonly PeerMessage[]): Buffer {
  return Buffer.from(encodeBatch(messages, 256));
}

/** The frame with another content behind a checksum that is right. */
function resealed(frame: Buffer): Buffer {
  frame.writeUInt32LE(crc32(frame.subarray(5)), 1);
  return frame;
}

/** What decoding throws; undefined if it does not. */
function failureOf(frame: Buffer): unknown {
  try {
    decodeBatch(frame);
    return undefined;
  } catch (error) {
    return error;
  }
}

function mutated(prng: Prng, frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  const changes = prng.between(1, 4);
  for (let change = 0; change < changes; change++) copy[prng.integer(copy.length)] = prng.uint32();
  return prng.chance(0.3) ? copy.subarray(0, prng.integer(copy.length)) : copy;
}

describe('the codec of peer messages', () => {
  it.each(ALL_KINDS)('gives back what it was given: %s', (kind) => {
    const prng = new Prng(SEED);
    for (let run = 0; run < RUNS / ALL_KINDS.length; run++) {
      const message = randomMessage(prng, kind, prng.uint32(), prng.uint32());
      expect(decodeBatch(encode([message])), `seed=${SEED} run=${run}`).toEqual([message]);
    }
  });

  it('keeps the order of a batch', () => {
    const prng = new Prng(SEED);
    const batch = ALL_KINDS.map((kind) => randomMessage(prng, kind, 1, 2));
    expect(decodeBatch(encode(batch))).toEqual(batch);
    expect(decodeBatch(encode([]))).toEqual([]);
  });

  it('estimates what lists and byte strings take', () => {
    const prng = new Prng(SEED);
    for (const kind of ALL_KINDS.filter((name) => name !== 'node-status')) {
      const message = randomMessage(prng, kind, 1, 2);
      if (message.kind === 'timeout-now-refusal') continue;
      expect(encode([message]).length, kind).toBeLessThanOrEqual(estimateBytes(message));
    }
  });

  it('reads entries and commands as views of the frame', () => {
    const data = Buffer.from('balsa');
    const frame = encode([
      { kind: 'propose', from: 1, to: 2, term: 3, proposalId: 4, commands: [data] },
    ]);
    const [message] = decodeBatch(frame);
    expect(message?.kind === 'propose' && message.commands[0]?.buffer).toBe(frame.buffer);
  });

  it('rejects a frame in which a bit was flipped (R35)', () => {
    const frame = encode([
      { kind: 'heartbeat-reply', from: 1, to: 2, term: 3, round: 4, isDiskLow: false },
    ]);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const copy = Buffer.from(frame);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(failureOf(copy), `bit ${bit}`).toBeInstanceOf(DecodeError);
    }
  });

  it('throws nothing but DecodeError, even behind a checksum that is right', () => {
    const prng = new Prng(SEED);
    for (let run = 0; run < RUNS; run++) {
      const frame = encode([randomMessage(prng, prng.pick(ALL_KINDS), 1, 2)]);
      const damaged = mutated(prng, frame);
      const failure = failureOf(damaged.length >= 5 ? resealed(damaged) : damaged);
      expect(failure ?? new DecodeError(), `seed=${SEED} run=${run}`).toBeInstanceOf(DecodeError);
    }
  });

  it('throws DecodeError for any bytes', () => {
    const prng = new Prng(SEED);
    for (let run = 0; run < RUNS; run++) {
      const failure = failureOf(randomBytes(prng, 100));
      expect(failure, `seed=${SEED} run=${run}`).toBeInstanceOf(DecodeError);
    }
  });

  it('does not believe a count that the frame cannot hold', () => {
    const frame = encode([{ kind: 'read-index', from: 1, to: 2, term: 3, ids: [] }]);
    frame.writeUInt32LE(0xffff_ffff, frame.length - 4);
    expect(failureOf(resealed(frame))).toMatchObject({ message: '4294967295 items' });
  });

  it('refuses to send entries with a gap', () => {
    const entry = { index: 1, term: 1, kind: 'command', data: Buffer.alloc(0) } as const;
    const message = {
      kind: 'append-entries',
      from: 1,
      to: 2,
      term: 1,
      epoch: 0,
      prevLogIndex: 0,
      prevLogTerm: 0,
      leaderCommit: 0,
      entries: [entry, { ...entry, index: 3 }],
    } as const;
    expect(() => encode([message])).toThrow('entry 3 in place of 2');
  });
});
