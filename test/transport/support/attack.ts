// What an attacker may send to the peer port: byte streams that look like net-ipc to some depth.
// `greeting` and what follows it come from a node that is accepted.
import { deflateRawSync } from 'node:zlib';
import { Packr } from 'msgpackr';
import { encodeBatch } from '../../../src/transport/codec.ts';
import { encodeHello } from '../../../src/transport/handshake.ts';
import { FRAME_PING, FRAME_MESSAGES, frameOf } from '../../../src/transport/wire.ts';
import type { Prng } from '../../../src/util/prng.ts';
import { ALL_KINDS, randomBytes, randomMessage } from './random-message.ts';
import { identityOf } from './test-node.ts';

const THIEF = 3;
const packr = new Packr();
const PREFIX = Buffer.from('IPC');

/** net-ipc's length: seven bits a byte, most significant first, the last one marked. */
function tagged(body: Uint8Array, length = body.length): Buffer {
  const tag = [(length % 128) + 128];
  for (let rest = Math.floor(length / 128); rest > 0; rest = Math.floor(rest / 128)) {
    tag.unshift(rest % 128);
  }
  return Buffer.concat([Buffer.from(tag), body]);
}

function json(value: unknown): Buffer {
  return tagged(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

function hello(change: object = {}): Buffer {
  return encodeHello({ ...identityOf(THIEF), channel: 'control', target: 1, ...change });
}

function greeting(extras: unknown = hello().toString('hex'), change: object = {}): Buffer {
  const d = { messagepack: true, compress: false, extras, ...change };
  return Buffer.concat([PREFIX, json({ t: 0, d })]);
}

function accepted(...packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat([greeting(), ...packets]);
}

function packet(value: unknown): Buffer {
  return tagged(packr.pack(value));
}

function message(data: unknown): Buffer {
  return packet({ t: 1, d: data });
}

/** Names say what a stream is; each has ended a process, filled its memory, or might. */
export function knownAttacks(): Record<string, Buffer> {
  const nested = '['.repeat(1500) + ']'.repeat(1500);
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
  return {
    nothing: Buffer.alloc(0),
    'GET, and no more': Buffer.from('GET'),
    'GET of a browser': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    'GET that upgrades': Buffer.from(
      'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: net-ipc\r\n\r\n',
    ),
    'a Postgres client': Buffer.from('0000000804d2162f', 'hex'),
    TLS: Buffer.from('1603010200010001fc0303', 'hex'),
    'half a prefix': Buffer.from('IP'),
    'prefix only': PREFIX,
    'a length of 1 GiB': Buffer.concat([PREFIX, tagged(Buffer.alloc(10), 2 ** 30)]),
    'a length of 2 GiB': Buffer.concat([PREFIX, tagged(Buffer.alloc(10), 2 ** 31)]),
    'a length of 300 MB': Buffer.concat([PREFIX, tagged(Buffer.alloc(10), 300e6)]),
    'a length of 16 MiB before the greeting': Buffer.concat([PREFIX, tagged(PREFIX, 2 ** 24)]),
    'a length without end': Buffer.concat([PREFIX, Buffer.alloc(100_000, 1)]),
    'a length of ten bytes': Buffer.concat([PREFIX, Buffer.from('0101010101010101018001', 'hex')]),
    'an empty frame': Buffer.concat([PREFIX, tagged(Buffer.alloc(0))]),
    'no JSON': Buffer.concat([PREFIX, json('{"t":')]),
    null: Buffer.concat([PREFIX, json('null')]),
    'a number': Buffer.concat([PREFIX, json('1')]),
    'nested JSON': Buffer.concat([PREFIX, json(nested)]),
    'a greeting of nothing': Buffer.concat([PREFIX, json({ t: 0 })]),
    'a greeting of null': Buffer.concat([PREFIX, json({ t: 0, d: null })]),
    'a message before the greeting': Buffer.concat([PREFIX, json({ t: 1, d: 'x' })]),
    'a request before the greeting': Buffer.concat([PREFIX, json({ t: 2, d: 'x', n: 'n' })]),
    'an answer to __proto__': Buffer.concat([PREFIX, json('{"t":3,"n":"__proto__","d":1}')]),
    'a ping before the greeting': Buffer.concat([PREFIX, json({ t: 4, n: 'n' })]),
    'no hello': greeting(null),
    'a hello that is no text': greeting({ toString: 1 }),
    'a hello that is not hex': greeting('zz'),
    'half a hello': greeting(hello().subarray(0, 20).toString('hex')),
    'a hello of another cluster': greeting(hello({ clusterId: Buffer.alloc(16) }).toString('hex')),
    'a hello to another node': greeting(hello({ target: 9 }).toString('hex')),
    'a hello of this node': greeting(hello({ nodeId: 1 }).toString('hex')),
    'a greeting in JSON mode': greeting(undefined, { messagepack: false }),
    'a greeting with a chosen id': greeting(undefined, { id: '__proto__' }),
    'a zip bomb': Buffer.concat([greeting(undefined, { compress: true }), tagged(bomb)]),
    'a second greeting': accepted(packet({ t: 0, d: { messagepack: true, extras: 'x' } })),
    'a JSON frame after the greeting': accepted(json({ t: 1, d: 'x' })),
    'a text': accepted(message('x')),
    'an empty message': accepted(message(Buffer.alloc(0))),
    'an unknown frame': accepted(message(Buffer.from([9, 9]))),
    'a request': accepted(packet({ t: 2, d: frameOf(FRAME_PING), n: 'nonce' })),
    'answers that nobody asked for': accepted(packet({ t: 3, n: '__proto__', d: 1 })),
    'a ping of net-ipc': accepted(packet({ t: 4, n: 'constructor' })),
    'an end': accepted(packet({ t: 6, d: { m: 'bye', a: true } })),
    'a packet of no kind': accepted(packet({ t: 'x' })),
    'a packet of nothing': accepted(packet(null)),
    'arrays in arrays': accepted(tagged(Buffer.alloc(100_000, 0x91))),
    'an array of 4 billion': accepted(tagged(Buffer.from('ddffffffff', 'hex'))),
    'a record of msgpackr': accepted(tagged(Buffer.from('d4724093a17401', 'hex'))),
    'a length of 1 GiB after the greeting': accepted(tagged(PREFIX, 2 ** 30)),
    'half a frame of 16 MiB': accepted(tagged(Buffer.alloc(1024), 2 ** 24)),
    'messages that are none': accepted(message(Buffer.from([FRAME_MESSAGES, 1, 2, 3]))),
    'pings without end': accepted(...Array.from({ length: 5000 }, () => message(PING))),
    'messages of another node': accepted(
      message(
        encodeBatch(
          [{ kind: 'heartbeat', from: 2, to: 1, term: 9, round: 9, leaderCommit: 9 }],
          64,
        ),
      ),
    ),
  };
}

const PING = frameOf(FRAME_PING);

/** A stream that is right up to some depth, and random or damaged from there. */
export function randomAttack(prng: Prng): Buffer {
  const messages = [randomMessage(prng, prng.pick(ALL_KINDS), THIEF, 1)];
  const whole = accepted(message(encodeBatch(messages, 256)), message(PING));
  switch (prng.integer(5)) {
    case 0:
      return randomBytes(prng, 300);
    case 1:
      return Buffer.concat([PREFIX, randomBytes(prng, 300)]);
    case 2:
      return accepted(randomBytes(prng, 300));
    case 3:
      return accepted(tagged(randomBytes(prng, 300)));
    default:
      for (let change = prng.between(1, 5); change > 0; change--) {
        whole[prng.integer(whole.length)] = prng.uint32();
      }
      return whole;
  }
}
