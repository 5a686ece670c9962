// What the threads of a node show each other without messages: a few numbers in shared memory.
// The consensus thread writes its group under a sequence lock, so that a reader sees role, lease
// and commit index of one moment; the machine thread writes the applied index and schema version.
import type { Index, NodeId, Term } from '../raft/entry.ts';

export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';
const ROLES: readonly RoleName[] = ['follower', 'pre-candidate', 'candidate', 'leader'];

export interface ConsensusView {
  readonly role: RoleName;
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly commitIndex: Index;
  /** Monotonic ms until which lease reads are allowed; -Infinity without a lease. */
  readonly leaseValidUntil: number;
  /** The leader takes no commands, because disks are nearly full. */
  readonly isDiskFull: boolean;
}

const SEQUENCE = 0;
const LEASE_READS = 1;
const IS_WAITING = 2;
const IS_LISTENING = 3;
const LOCKS = 4;
const ROLE = 0;
const TERM = 1;
const LEADER = 2;
const COMMIT = 3;
const LEASE = 4;
const DISK_FULL = 5;
const NUMBERS = 8;
const APPLIED = 0;
const SCHEMA = 1;
const NO_ROOM = 2;
const COUNTERS = 4;
const NUMBERS_AT = LOCKS * 4;
const COUNTERS_AT = NUMBERS_AT + NUMBERS * 8;
const TOTAL_BYTES = COUNTERS_AT + COUNTERS * 8;

export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #lock: Int32Array;
  readonly #numbers: Float64Array;
  readonly #counters: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(TOTAL_BYTES)) {
    this.buffer = buffer;
    this.#lock = new Int32Array(buffer, 0, LOCKS);
    this.#numbers = new Float64Array(buffer, NUMBERS_AT, NUMBERS);
    this.#counters = new BigInt64Array(buffer, COUNTERS_AT, COUNTERS);
  }

  /** Only the consensus thread calls this. */
  publishConsensus(view: ConsensusView): void {
    Atomics.add(this.#lock, SEQUENCE, 1);
    this.#numbers[ROLE] = ROLES.indexOf(view.role);
    this.#numbers[TERM] = view.term;
    this.#numbers[LEADER] = view.leaderId;
    this.#numbers[COMMIT] = view.commitIndex;
    this.#numbers[LEASE] = view.leaseValidUntil;
    this.#numbers[DISK_FULL] = view.isDiskFull ? 1 : 0;
    Atomics.add(this.#lock, SEQUENCE, 1);
  }

  consensus(): ConsensusView {
    for (;;) {
      const before = Atomics.load(this.#lock, SEQUENCE);
      if ((before & 1) === 0) {
        const view = {
          role: ROLES[this.#numbers[ROLE] as number] as RoleName,
          term: this.#numbers[TERM] as number,
          leaderId: this.#numbers[LEADER] as number,
          commitIndex: this.#numbers[COMMIT] as number,
          leaseValidUntil: this.#numbers[LEASE] as number,
          isDiskFull: this.#numbers[DISK_FULL] === 1,
        };
        if (Atomics.load(this.#lock, SEQUENCE) === before) return view;
      }
    }
  }

  /** A read was served by the lease: it is worth keeping alive. Only the main thread calls this. */
  noteLeaseRead(): void {
    if (Atomics.load(this.#lock, LEASE_READS) === 0) Atomics.store(this.#lock, LEASE_READS, 1);
  }

  /** True if reads were served by the lease since the last call. */
  takeLeaseReads(): boolean {
    return Atomics.exchange(this.#lock, LEASE_READS, 0) === 1;
  }

  /**
   * Somebody on this node waits for entries to be applied: only then are they handed over one by
   * one, and reported. To be set before the applied index is looked at. Only the main thread
   * calls this.
   */
  setWaiting(isWaiting: boolean): void {
    Atomics.store(this.#lock, IS_WAITING, isWaiting ? 1 : 0);
  }

  isWaiting(): boolean {
    return Atomics.load(this.#lock, IS_WAITING) === 1;
  }

  /** Sessions of this node want notifications. Only the main thread calls this. */
  setListening(isListening: boolean): void {
    Atomics.store(this.#lock, IS_LISTENING, isListening ? 1 : 0);
  }

  isListening(): boolean {
    return Atomics.load(this.#lock, IS_LISTENING) === 1;
  }

  /** Only the machine thread calls this, after its SQLite transaction has committed. */
  publishApplied(index: Index, schemaVersion: number): void {
    Atomics.store(this.#counters, SCHEMA, BigInt(schemaVersion));
    Atomics.store(this.#counters, APPLIED, BigInt(index));
  }

  /** The database finds no room on the disk for what is to be applied. Only the machine thread calls this. */
  setMissingRoom(isMissing: boolean): void {
    Atomics.store(this.#counters, NO_ROOM, isMissing ? 1n : 0n);
  }

  isMissingRoom(): boolean {
    return Atomics.load(this.#counters, NO_ROOM) === 1n;
  }

  appliedIndex(): Index {
    return Number(Atomics.load(this.#counters, APPLIED));
  }

  schemaVersion(): number {
    return Number(Atomics.load(this.#counters, SCHEMA));
  }
}
