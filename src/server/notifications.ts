// Which sessions of this node listen to which channels. What the machine applies is told to them in
// the order of the log, before the outcomes of the same entries.
import type { NotificationSource } from '../session/backend.ts';
import type { Notification } from '../sql/functions/notify.ts';

type Receive = (notification: Notification) => void;

export class NotificationHub implements NotificationSource {
  readonly #listeners = new Map<string, Set<Receive>>();
  readonly #onChange: (isListening: boolean) => void;

  /** `onChange`: whether anybody listens at all. */
  constructor(onChange: (isListening: boolean) => void) {
    this.#onChange = onChange;
  }

  subscribe(channel: string, receive: Receive): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(receive);
    this.#listeners.set(channel, listeners);
    this.#onChange(true);
    return () => {
      listeners.delete(receive);
      if (listeners.size > 0) return;
      if (this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
      this.#onChange(this.#listeners.size > 0);
    };
  }

  deliver(notifications: readonly Notification[]): void {
    for (const notification of notifications) {
      for (const receive of this.#listeners.get(notification.channel) ?? []) receive(notification);
    }
  }
}
