import { describe, expect, it } from 'vitest';
import { decodeHello, encodeHello, whyRefused } from '../../src/transport/handshake.ts';
import type { Hello } from '../../src/transport/handshake.ts';
import { DecodeError } from '../../src/util/bytes.ts';

const self = {
  clusterId: Buffer.alloc(16, 1),
  nodeId: 1,
  diskId: Buffer.alloc(16, 2),
  incarnation: 3,
};
const hello: Hello = {
  clusterId: Buffer.alloc(16, 1),
  nodeId: 2,
  diskId: Buffer.alloc(16, 4),
  incarnation: 5,
  channel: 'bulk',
  target: 1,
};
const anyone = (): null => null;

describe('the handshake between nodes (R115)', () => {
  it('gives back the greeting', () => {
    expect(decodeHello(encodeHello(hello))).toEqual(hello);
    expect(decodeHello(encodeHello({ ...hello, channel: 'control' })).channel).toBe('control');
  });

  it('accepts a peer of the same cluster that looks for this node', () => {
    expect(whyRefused(hello, self, anyone)).toBeNull();
  });

  it.each([
    [{ clusterId: Buffer.alloc(16, 9) }, 'of another cluster'],
    [{ target: 3 }, 'looks for node 3, this is node 1'],
    [{ nodeId: 1 }, 'has the same number as this node, 1'],
  ])('refuses %j', (change, reason) => {
    expect(whyRefused({ ...hello, ...change }, self, anyone)).toBe(reason);
  });

  it('leaves the last word to the owner', () => {
    expect(whyRefused(hello, self, (id, disk) => `${id} on ${disk[0]}`)).toBe('2 on 4');
  });

  it('refuses another protocol version by name', () => {
    const bytes = encodeHello(hello);
    bytes.writeUInt16LE(7, 4);
    expect(() => decodeHello(bytes)).toThrow('peer protocol version 7, this node speaks 1');
  });

  it('refuses what is not a greeting', () => {
    const bytes = encodeHello(hello);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeHello(bytes.subarray(0, length))).toThrow(DecodeError);
    }
    expect(() => decodeHello(Buffer.concat([bytes, bytes]))).toThrow(DecodeError);
    expect(() => decodeHello(Buffer.alloc(bytes.length))).toThrow('not a BalsaDB peer');
  });
});
