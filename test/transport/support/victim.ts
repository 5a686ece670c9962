// A process with a transport, for tests that attack its port: node 1, which answers heartbeats.
// Arguments: its port, and the port of node 2, its real peer. Anything uncaught ends it.
import { NetIpcTransport } from '../../../src/transport/net-ipc-transport.ts';
import { Prng } from '../../../src/util/prng.ts';
import { HOST, identityOf, TEST_LIMITS } from './test-node.ts';

const [port, peerPort] = process.argv.slice(2).map(Number) as [number, number];

const transport = new NetIpcTransport({
  identity: identityOf(1),
  listen: { host: HOST, port },
  peers: [{ id: 2, host: HOST, port: peerPort }],
  tls: null,
  limits: {
    ...TEST_LIMITS,
    handshakeMs: 1000,
    idleMs: 1500,
    strangersMax: 200,
    strangersPerAddressMax: 150,
  },
  verifyPeer: () => null,
  prng: new Prng(1),
  log: () => undefined,
  events: {
    onMessage(message) {
      if (message.kind !== 'heartbeat') return;
      const { from, to, term, round } = message;
      transport.send({
        kind: 'heartbeat-reply',
        from: to,
        to: from,
        term,
        round,
        isDiskLow: false,
      });
    },
    onPeerUp: () => undefined,
    onPeerDown: () => undefined,
  },
});

await transport.start();
process.send?.('listening');
// The test has ended, in whatever way.
process.on('disconnect', () => process.exit(0));
