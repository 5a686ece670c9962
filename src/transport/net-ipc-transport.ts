// Transport over TCP with net-ipc. Every node dials every other one twice: over the control
// connection go heartbeats, votes, answers and reads, which must never wait behind the entries and
// commands of the bulk connection (R111).
import type { NodeId } from '../raft/entry.ts';
import type { Prng } from '../util/prng.ts';
import { IncomingLinks } from './incoming-links.ts';
import { OutgoingLink } from './outgoing-link.ts';
import type { PeerMessage } from './peer-message.ts';
import type { Identity, Transport, TransportEvents } from './transport.ts';

const CONTROL_BACKLOG_MAX = 4 * 1024 * 1024;
const BULK_BACKLOG_MAX = 32 * 1024 * 1024;

export interface PeerAddress {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
}

export interface TransportOptions {
  readonly identity: Identity;
  readonly listen: { readonly host: string; readonly port: number };
  /** Without this node. */
  readonly peers: readonly PeerAddress[];
  /** PEM texts; null: plain TCP. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | null;
  readonly events: TransportEvents;
  /** Why a peer is refused, or null (R115). */
  readonly verifyPeer: (nodeId: NodeId, diskId: Uint8Array) => string | null;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
  readonly prng: Prng;
}

interface Links {
  readonly control: OutgoingLink;
  readonly bulk: OutgoingLink;
}

export class NetIpcTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #incoming: IncomingLinks;
  readonly #links = new Map<NodeId, Links>();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#incoming = new IncomingLinks({
      identity: options.identity,
      listen: options.listen,
      tls: options.tls,
      verifyPeer: options.verifyPeer,
      onMessage: options.events.onMessage,
      log: options.log,
    });
    for (const peer of options.peers) this.#links.set(peer.id, this.#createLinks(peer));
  }

  #createLinks(peer: PeerAddress): Links {
    const { identity, tls, log, prng, events } = this.#options;
    const common = { identity, target: peer, tls, log, prng: prng.fork() };
    let incarnation = 0;
    const onUp = (heard: number): void => {
      incarnation = heard;
      const links = this.#links.get(peer.id);
      if (links?.control.isUp === true && links.bulk.isUp) events.onPeerUp(peer.id, incarnation);
    };
    const onDown = (): void => events.onPeerDown(peer.id);
    return {
      control: new OutgoingLink({
        ...common,
        channel: 'control',
        backlogBytesMax: CONTROL_BACKLOG_MAX,
        onUp,
        onDown,
      }),
      bulk: new OutgoingLink({
        ...common,
        channel: 'bulk',
        backlogBytesMax: BULK_BACKLOG_MAX,
        onUp,
        onDown,
      }),
    };
  }

  /** Listens and starts dialing. Rejects with a readable error if the address is taken. */
  async start(): Promise<void> {
    await this.#incoming.start();
    for (const { control, bulk } of this.#links.values()) {
      control.start();
      bulk.start();
    }
  }

  send(message: PeerMessage): void {
    const links = this.#links.get(message.to);
    if (links === undefined) return;
    const bytes = bulkBytes(message);
    if (bytes === 0) links.control.send(message, 0);
    else links.bulk.send(message, bytes);
  }

  backlogBytes(to: NodeId): number {
    return this.#links.get(to)?.bulk.backlogBytes ?? 0;
  }

  close(): void {
    for (const { control, bulk } of this.#links.values()) {
      control.close();
      bulk.close();
    }
    this.#incoming.close();
  }
}

/** Size of what a message carries; 0 for control messages. */
function bulkBytes(message: PeerMessage): number {
  if (message.kind === 'append-entries') {
    return message.entries.reduce((sum, entry) => sum + entry.data.length + 16, 0);
  }
  if (message.kind === 'propose') {
    return message.commands.reduce((sum, command) => sum + command.length + 4, 0);
  }
  return 0;
}
