// No bytes on the peer port may end the process, or keep it from its real peers. A transport runs
// in a process of its own; each stream is sent to it over a connection of its own, and the victim
// must close that connection by itself; then it must still answer its real peer.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../../src/util/prng.ts';
import { knownAttacks, randomAttack } from './support/attack.ts';
import { freeAddresses, HOST, identityOf, TestNode } from './support/test-node.ts';

const SEED = Number(process.env['SEED'] ?? 115);
const STREAMS = 400;
/** At once: fewer than the strangers that the victim bears, so that none is sent away unread. */
const WAVE = 100;
const FLOOD = 600;

let victim: ChildProcess;
let port: number;
let peer: TestNode;
let round = 0;

beforeAll(async () => {
  const addresses = await freeAddresses(1, 2);
  const [first, second] = addresses.map((address) => address.port) as [number, number];
  port = first;
  const program = join(import.meta.dirname, 'support/victim.ts');
  victim = fork(program, [String(first), String(second)], { execArgv: [] });
  await new Promise((listening) => victim.once('message', listening));
  peer = new TestNode(identityOf(2), addresses);
  await peer.transport.start();
  await peer.untilUp(1);
});

afterAll(() => {
  peer.transport.close();
  victim.kill('SIGKILL');
});

function dial(bytes: Uint8Array): Socket {
  const socket = connect(port, HOST, () => socket.write(bytes));
  return socket.on('error', () => undefined);
}

/** What the victim has answered when it has closed the connection. */
function sent(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const answers: Buffer[] = [];
    dial(bytes)
      .on('data', (answer: Buffer) => answers.push(answer))
      .on('close', () => resolve(Buffer.concat(answers).toString('latin1')));
  });
}

/** Reset as soon as all is sent: the victim finds the connection gone at any point. */
function sentAndReset(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => socket.write(bytes, () => socket.resetAndDestroy()));
    socket.on('error', () => undefined).on('close', () => resolve());
  });
}

/** The real peer still gets an answer. */
async function expectAlive(label: string): Promise<void> {
  const asked = ++round;
  peer.transport.send({
    ...{ kind: 'heartbeat', from: 2, to: 1, term: 1, leaderCommit: 0 },
    round: asked,
  } as const);
  await peer.until(() =>
    peer.messages.some((message) => message.kind === 'heartbeat-reply' && message.round === asked),
  );
  expect(victim.exitCode, label).toBeNull();
  expect(peer.messages.length, label).toBe(round);
}

describe('a node under attack', () => {
  it('closes every known attack and lives', async () => {
    const attacks = Object.entries(knownAttacks());
    while (attacks.length > 0) {
      const wave = attacks.splice(0, WAVE);
      await Promise.all(wave.map(([, bytes]) => sent(bytes)));
      await expectAlive(wave.map(([name]) => name).join('; '));
    }
  });

  it.each([
    ['a ping of net-ipc', 'constructor'],
    ['a request', 'nonce'],
    ['a zip bomb', '"compress":true'],
    ['a greeting with a chosen id', '__proto__'],
  ])('does not go along with %s', async (name, answer) => {
    const answered = await sent(knownAttacks()[name] as Buffer);
    expect(answered).not.toContain(answer);
  });

  it('lives when attackers reset their connections', async () => {
    const attacks = Object.values(knownAttacks());
    while (attacks.length > 0) {
      await Promise.all(attacks.splice(0, WAVE).map(sentAndReset));
      await expectAlive('resets');
    }
  });

  it('lives through random and damaged streams', async () => {
    const prng = new Prng(SEED);
    for (let done = 0; done < STREAMS; done += WAVE) {
      const wave = Array.from({ length: WAVE }, () => randomAttack(prng));
      await Promise.all(wave.map(sent));
      await expectAlive(`seed=${SEED} streams=${done}`);
    }
  });

  it('reads a greeting that comes a byte at a time', async () => {
    const bytes = knownAttacks()['a hello of another cluster'] as Buffer;
    const socket = dial(Buffer.alloc(0));
    socket.setNoDelay(true).resume();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    for (const byte of bytes) {
      await new Promise((written) => socket.write(Buffer.from([byte]), written));
    }
    await closed;
    await expectAlive('drip');
  });

  it('lets a peer in while strangers fill the port', async () => {
    const flood = Array.from({ length: FLOOD }, () => dial(Buffer.from('IPC')));
    const downs = peer.downs.length;
    const ups = peer.ups.length;
    // The peer leaves and comes back in the middle of it.
    peer.transport.setPeers([]);
    expect(peer.downs.length).toBe(downs + 1);
    peer.transport.setPeers([{ id: 1, host: HOST, port }]);
    await peer.until(() => peer.ups.length > ups);
    for (const socket of flood) socket.destroy();
    await expectAlive('flood');
  });

  it('is declared down when it stops, and up when it goes on', async () => {
    const downs = peer.downs.length;
    const ups = peer.ups.length;
    victim.kill('SIGSTOP');
    await peer.until(() => peer.downs.length > downs);
    expect(peer.logged.at(-1)?.fields['reason']).toBe('no sign of life');
    victim.kill('SIGCONT');
    await peer.until(() => peer.ups.length > ups);
    await expectAlive('continued');
  });
});
