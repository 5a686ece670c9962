// Packets as net-ipc makes and reads them.
import { createRequire } from 'node:module';
import { pack, unpack } from 'msgpackr';
import { expect, it } from 'vitest';
import { frameIn, packetOf } from '../../src/transport/packet.ts';

const { _tag } = createRequire(import.meta.url)('net-ipc/src/interfaces.js') as {
  _tag(size: number): number[];
};
const SIZES = [
  0, 1, 113, 114, 118, 119, 120, 127, 128, 255, 256, 16_000, 65_535, 65_536, 3_000_000,
];

it.each(SIZES)('a packet of %i bytes is what net-ipc makes of them', (size) => {
  const frame = Buffer.alloc(size, 0xa5);
  const body = pack({ t: 1, d: frame });
  expect(packetOf(frame).equals(Buffer.concat([Buffer.from(_tag(body.length)), body]))).toBe(true);
  expect(frameIn(body)?.equals(frame)).toBe(true);
});

it('reads nothing but a message of bytes, whole', () => {
  const body = pack({ t: 1, d: Buffer.alloc(300, 1) });
  for (let bytes = 0; bytes < body.length; bytes += 1) {
    expect(frameIn(body.subarray(0, bytes))).toBeNull();
  }
  expect(frameIn(Buffer.concat([body, Buffer.alloc(1)]))).toBeNull();
  for (const other of [{ t: 0, d: {} }, { t: 2, d: Buffer.alloc(3) }, { t: 1, d: 'x' }, 7, null]) {
    expect(frameIn(pack(other))).toBeNull();
  }
});

it('every byte of the head counts', () => {
  const body = pack({ t: 1, d: Buffer.alloc(9, 1) });
  for (let at = 0; at < 10; at++) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] as number) ^ 1;
    const frame = frameIn(changed);
    // Whatever else it may be to MessagePack, it is not taken for another message.
    expect(frame).toBeNull();
  }
  expect((unpack(body) as { d: Buffer }).d).toHaveLength(9);
});
