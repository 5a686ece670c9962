// Transport over TCP with net-ipc. Every node dials every other one twice: over the control
// connection go heartbeats, votes, answers and reads, which must never wait behind the entries and
// commands of the bulk connection (R111). Incoming connections only receive, so that it does not
// matter who dialed first.
import type { NodeId } from '../raft/entry.ts';
import type { Prng } from '../util/prng.ts';
import type { VerifyPeer } from './handshake.ts';
import { IncomingLinks } from './incoming-links.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { TransportLimits } from './limits.ts';
import { PeerLinks } from './peer-links.ts';
import type { PeerMessage } from './peer-message.ts';
import type { PeerTls } from './tls.ts';
import type { Identity, PeerAddress, Transport, TransportEvents } from './transport.ts';

export interface TransportOptions {
  readonly identity: Identity;
  readonly listen: { readonly host: string; readonly port: number };
  /** The other nodes. */
  readonly peers: readonly PeerAddress[];
  /** null: plain TCP. */
  readonly tls: PeerTls | null;
  readonly events: TransportEvents;
  /** Why a peer is refused, or null (R115). Asked for every connection, in both directions. */
  readonly verifyPeer: VerifyPeer;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
  readonly prng: Prng;
  readonly limits?: Partial<TransportLimits> | undefined;
}

export class NetIpcTransport implements Transport {
  readonly #options: TransportOptions & { readonly limits: TransportLimits };
  readonly #incoming: IncomingLinks;
  readonly #peers = new Map<NodeId, PeerLinks>();
  #isStarted = false;
  #isClosed = false;

  constructor(options: TransportOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = { ...options, limits };
    const { onMessage } = options.events;
    this.#incoming = new IncomingLinks({ ...this.#options, onMessage });
    this.setPeers(options.peers);
  }

  /** Listens and starts dialing. Rejects with a readable error if the address is taken. */
  async start(): Promise<void> {
    await this.#incoming.start();
    if (this.#isClosed) return this.#incoming.close();
    this.#isStarted = true;
    for (const peer of this.#peers.values()) peer.start();
  }

  /**
   * The members have changed: connects to new ones, and to known ones at new addresses; leaves the
   * others. What a peer sends that is gone from the list is still taken, for consensus decides what
   * a former member may say.
   */
  setPeers(peers: readonly PeerAddress[]): void {
    if (this.#isClosed) return;
    const wanted = new Map(
      peers.filter(({ id }) => id !== this.#options.identity.nodeId).map((peer) => [peer.id, peer]),
    );
    for (const [id, { address }] of this.#peers) {
      const { host, port } = wanted.get(id) ?? {};
      if (host === address.host && port === address.port) continue;
      if (this.#remove(id)) this.#options.events.onPeerDown(id);
    }
    for (const peer of wanted.values()) if (!this.#peers.has(peer.id)) this.#add(peer);
  }

  #add(address: PeerAddress): void {
    const peer = new PeerLinks(address, this.#options);
    this.#peers.set(address.id, peer);
    if (this.#isStarted) peer.start();
  }

  /** Whether the peer was up. */
  #remove(id: NodeId): boolean {
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    peer?.close();
    return peer?.isUp ?? false;
  }

  send(message: PeerMessage): void {
    this.#peers.get(message.to)?.send(message);
  }

  backlogBytes(to: NodeId): number {
    return this.#peers.get(to)?.bulkBacklogBytes ?? 0;
  }

  pauseBulk(): void {
    this.#incoming.pauseBulk();
  }

  resumeBulk(): void {
    this.#incoming.resumeBulk();
  }

  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#peers.keys()]) this.#remove(id);
    this.#incoming.close();
  }
}
