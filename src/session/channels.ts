// The channels that a session listens to (PG: LISTEN), and the notifications that wait for the client
// to be idle. LISTEN and UNLISTEN take effect when their transaction commits.
import type { Notification } from '../sql/functions/notify.ts';
import type { NotificationSource } from './backend.ts';

/** A client that does not take its notifications must not fill the node's memory. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const BYTES_EACH = 128;

type Operation =
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; /** null: all */ readonly channel: string | null };

export interface ChannelsOptions {
  readonly source: NotificationSource;
  readonly processId: number;
  /** There is something to tell the client, or too much of it. */
  readonly onReceived: () => void;
}

export class Channels {
  readonly #options: ChannelsOptions;
  /** In the order of LISTEN. */
  readonly #active = new Set<string>();
  #pending: Operation[] = [];
  /** How to end it, by channel: of those that are active, and of those that may become so. */
  readonly #subscriptions = new Map<string, () => void>();
  #waiting: Notification[] = [];
  #waitingBytes = 0;
  #isOverfull = false;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  listen(channel: string): void {
    this.#pending.push({ kind: 'listen', channel });
    // A transaction that listens and notifies is to hear itself.
    if (this.#subscriptions.has(channel)) return;
    const end = this.#options.source.subscribe(channel, (each) => this.#receive(each));
    this.#subscriptions.set(channel, end);
  }

  /** null: all. */
  unlisten(channel: string | null): void {
    this.#pending.push({ kind: 'unlisten', channel });
  }

  /** The transaction has taken effect. */
  commit(): void {
    if (this.#pending.length === 0) return;
    for (const { kind, channel } of this.#pending) {
      if (kind === 'listen') this.#active.add(channel);
      else if (channel === null) this.#active.clear();
      else this.#active.delete(channel);
    }
    this.#settle();
  }

  rollback(): void {
    if (this.#pending.length > 0) this.#settle();
  }

  #settle(): void {
    this.#pending = [];
    for (const [channel, end] of this.#subscriptions) {
      if (this.#active.has(channel)) continue;
      end();
      this.#subscriptions.delete(channel);
    }
  }

  /** For savepoints: how many operations wait for the commit. */
  save(): number {
    return this.#pending.length;
  }

  restore(count: number): void {
    this.#pending.length = count;
  }

  /** What the session listens to. */
  names(): readonly string[] {
    return [...this.#active];
  }

  #receive(notification: Notification): void {
    const { channel, payload, pid } = notification;
    // What others say before LISTEN has committed is not for this session.
    if (!this.#active.has(channel) && pid !== this.#options.processId) return;
    this.#waitingBytes += 2 * (channel.length + payload.length) + BYTES_EACH;
    this.#isOverfull ||= this.#waitingBytes > WAITING_BYTES_MAX;
    if (!this.#isOverfull) this.#waiting.push(notification);
    this.#options.onReceived();
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The client has fallen too far behind: notifications were lost, so that it must not go on. */
  get isOverfull(): boolean {
    return this.#isOverfull;
  }

  /** What the client is to be told now. */
  take(): readonly Notification[] {
    const taken = this.#waiting.filter(({ channel }) => this.#active.has(channel));
    this.#waiting = [];
    this.#waitingBytes = 0;
    return taken;
  }

  /** The session ends. */
  close(): void {
    for (const end of this.#subscriptions.values()) end();
    this.#subscriptions.clear();
    this.#active.clear();
  }
}
