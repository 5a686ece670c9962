// Virtual time: events in order of their time, and of their creation at equal times.

interface Event {
  readonly at: number;
  readonly number: number;
  readonly run: () => void;
}

export class Schedule {
  readonly #heap: Event[] = [];
  #count = 0;
  now = 0;

  /** Runs `run` after `delayMs` of virtual time. */
  after(delayMs: number, run: () => void): void {
    const event = { at: this.now + Math.max(delayMs, 0), number: this.#count++, run };
    this.#heap.push(event);
    let child = this.#heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (isBefore(this.#heap[parent] as Event, event)) break;
      this.#heap[child] = this.#heap[parent] as Event;
      child = parent;
    }
    this.#heap[child] = event;
  }

  /** Runs the next event; false if its time is after `end`, or there is none. */
  step(end: number): boolean {
    const [first] = this.#heap;
    if (first === undefined || first.at > end) return false;
    this.#removeFirst();
    this.now = first.at;
    first.run();
    return true;
  }

  #removeFirst(): void {
    const last = this.#heap.pop() as Event;
    if (this.#heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= this.#heap.length) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child] as Event)) child += 1;
      if (!isBefore(this.#heap[child] as Event, last)) break;
      this.#heap[parent] = this.#heap[child] as Event;
      parent = child;
    }
    this.#heap[parent] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}
