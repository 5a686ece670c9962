// Both connections to one peer, and when the peer counts as up: both are accepted by the same
// process of it.
import type { Prng } from '../util/prng.ts';
import type { VerifyPeer } from './handshake.ts';
import type { TransportLimits } from './limits.ts';
import { estimateBytes, isBulk } from './message-bytes.ts';
import { OutgoingLink } from './outgoing-link.ts';
import type { LinkOptions } from './outgoing-link.ts';
import type { PeerMessage } from './peer-message.ts';
import type { PeerTls } from './tls.ts';
import type { Identity, PeerAddress, TransportEvents } from './transport.ts';

export interface PeerOptions {
  readonly identity: Identity;
  readonly tls: PeerTls | null;
  readonly limits: TransportLimits;
  readonly prng: Prng;
  readonly verifyPeer: VerifyPeer;
  readonly events: TransportEvents;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
}

export class PeerLinks {
  readonly address: PeerAddress;
  readonly #events: TransportEvents;
  readonly #control: OutgoingLink;
  readonly #bulk: OutgoingLink;
  #isUp = false;

  constructor(address: PeerAddress, options: PeerOptions) {
    const { events, limits } = options;
    this.address = address;
    this.#events = events;
    const common = {
      ...options,
      target: address,
      onUp: (): void => this.#linkUp(),
      onDown: (): void => this.#linkDown(),
    } satisfies Partial<LinkOptions> & PeerOptions;
    this.#control = new OutgoingLink({
      ...common,
      channel: 'control',
      backlogBytesMax: limits.controlBacklogBytesMax,
      prng: options.prng.fork(),
    });
    this.#bulk = new OutgoingLink({
      ...common,
      channel: 'bulk',
      backlogBytesMax: limits.bulkBacklogBytesMax,
      prng: options.prng.fork(),
    });
  }

  start(): void {
    this.#control.start();
    this.#bulk.start();
  }

  send(message: PeerMessage): void {
    const link = isBulk(message) ? this.#bulk : this.#control;
    link.send(message, estimateBytes(message));
  }

  get bulkBacklogBytes(): number {
    return this.#bulk.backlogBytes;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** No event comes after this. */
  close(): void {
    this.#control.close();
    this.#bulk.close();
  }

  #linkUp(): void {
    const { incarnation: control } = this.#control;
    const { incarnation: bulk } = this.#bulk;
    if (control === null || bulk === null) return;
    // The process that one of them still reaches is not there any more.
    if (control < bulk) return this.#control.restart('the peer has been restarted');
    if (bulk < control) return this.#bulk.restart('the peer has been restarted');
    this.#isUp = true;
    this.#events.onPeerUp(this.address.id, control);
  }

  #linkDown(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#events.onPeerDown(this.address.id);
  }
}
