// What one run of the simulator does: drawn from its seed, so that runs differ in kind and not only
// in detail (swarm testing).
import type { GatewayMutations } from '../../src/gateway/gateway.ts';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import type { RaftMutations } from '../../src/raft/mutations.ts';
import type { StorageMutations } from '../../src/storage/mutations.ts';
import type { Prng } from '../../src/util/prng.ts';

export interface Mutations {
  readonly raft?: RaftMutations;
  readonly storage?: StorageMutations;
  readonly machine?: MachineMutations;
  readonly gateway?: GatewayMutations;
}

export interface RunOptions {
  readonly nodes: number;
  /** Virtual time of chaos, and then of peace, in ms. */
  readonly chaosMs: number;
  readonly peaceMs: number;
  readonly clients: number;
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly delayMs: number;
  readonly tailRate: number;
  readonly syncMs: number;
  readonly stallRate: number;
  /** Mean time between faults of a kind, in ms; Infinity: none. */
  readonly killEveryMs: number;
  readonly powerEveryMs: number;
  readonly pauseEveryMs: number;
  readonly partitionEveryMs: number;
  readonly transferEveryMs: number;
  /** A node campaigns at once, although a leader may be alive: a late TimeoutNow. */
  readonly usurpEveryMs: number;
  readonly expireRate: number;
  readonly segmentBytes: number;
  readonly clockDrift: number;
  /** Longer than an election takes: then only the commit barrier keeps lease reads fresh. */
  readonly leaseMs: number;
  /** Clients that have interactive transactions, one at a time. */
  readonly transactionClients: number;
  /** Of their commits: how many go through the log in parts. */
  readonly stagedShare: number;
  /** Of their statements: how many take a value of a sequence. */
  readonly drawShare: number;
  /** Clients that work under locks. */
  readonly lockClients: number;
  /** Clients that lock rows in interactive transactions. */
  readonly rowClients: number;
  /** Some disks fill up, for a while. */
  readonly fillEveryMs: number;
  /** While a disk fills: how many operations find that others have taken or left room since the last. */
  readonly roomChangeRate: number;
  /** What is written over needs room too. */
  readonly isCopyOnWrite: boolean;
  /** With room on a majority of the disks no write may wait for longer: only where nothing else happens. */
  readonly longestWaitMs: number;
}

export function drawOptions(prng: Prng): RunOptions {
  /** A fault is off in some runs, rare in some and frequent in others. */
  const every = (shortest: number): number =>
    prng.chance(0.35) ? Infinity : shortest * (1 + 4 * prng.float());
  return {
    nodes: prng.pick([1, 2, 3, 3, 3, 3, 3, 5]),
    chaosMs: prng.between(3000, 8000),
    peaceMs: 12_000,
    clients: prng.between(1, 5),
    lossRate: prng.pick([0, 0, 0.02, 0.1, 0.25]),
    duplicateRate: prng.pick([0, 0, 0.05, 0.3]),
    delayMs: prng.pick([0.2, 1, 5, 20]),
    tailRate: prng.pick([0, 0.01, 0.05]),
    syncMs: prng.pick([0.3, 2, 10]),
    stallRate: prng.pick([0, 0, 0.01]),
    killEveryMs: every(700),
    powerEveryMs: every(900),
    pauseEveryMs: every(800),
    partitionEveryMs: every(700),
    transferEveryMs: every(800),
    usurpEveryMs: every(500),
    expireRate: prng.pick([0, 0.02, 0.1]),
    segmentBytes: prng.pick([8192, 16_384, 65_536]),
    clockDrift: prng.pick([0, 0.009]),
    leaseMs: prng.pick([150, 150, 600]),
    transactionClients: prng.pick([0, 1, 1, 2]),
    fillEveryMs: every(900),
    lockClients: prng.pick([0, 0, 1, 3]),
    stagedShare: prng.pick([0, 0.3]),
    drawShare: prng.pick([0, 0.2]),
    rowClients: prng.pick([0, 0, 2, 4]),
    roomChangeRate: prng.pick([0, 0.02, 0.2]),
    isCopyOnWrite: prng.chance(0.25),
    longestWaitMs: Infinity,
  };
}

/** Everything at once, all the time, in a small cluster: for bugs that need several faults to meet. */
export const STORM: RunOptions = {
  nodes: 3,
  chaosMs: 5000,
  peaceMs: 12_000,
  clients: 3,
  lossRate: 0.05,
  duplicateRate: 0.1,
  delayMs: 5,
  tailRate: 0.05,
  syncMs: 10,
  stallRate: 0.01,
  killEveryMs: 600,
  powerEveryMs: 350,
  pauseEveryMs: 500,
  partitionEveryMs: 350,
  transferEveryMs: 700,
  usurpEveryMs: 200,
  expireRate: 0.05,
  segmentBytes: 16_384,
  clockDrift: 0.009,
  leaseMs: 600,
  transactionClients: 0,
  stagedShare: 0,
  drawShare: 0,
  lockClients: 0,
  rowClients: 0,
  fillEveryMs: Infinity,
  roomChangeRate: 0,
  isCopyOnWrite: false,
  longestWaitMs: Infinity,
};

/** Disks that fill all the time, and processes that start again meanwhile. */
export const FULL_DISKS: RunOptions = {
  ...STORM,
  lossRate: 0.01,
  duplicateRate: 0.05,
  tailRate: 0.01,
  delayMs: 1,
  syncMs: 1,
  stallRate: 0,
  killEveryMs: 500,
  powerEveryMs: 700,
  pauseEveryMs: Infinity,
  partitionEveryMs: 1500,
  transferEveryMs: 1500,
  usurpEveryMs: Infinity,
  expireRate: 0.02,
  segmentBytes: 8192,
  leaseMs: 150,
  fillEveryMs: 500,
  roomChangeRate: 0.1,
};

/** Nothing but disks that fill: the cluster must go on where it can. */
export const ONLY_FULL_DISKS: RunOptions = {
  ...FULL_DISKS,
  lossRate: 0,
  tailRate: 0,
  killEveryMs: Infinity,
  powerEveryMs: Infinity,
  partitionEveryMs: Infinity,
  transferEveryMs: Infinity,
  fillEveryMs: 1500,
  chaosMs: 8000,
  longestWaitMs: 2500,
};

/** Many clients with transactions on the same rows, and faults now and then. */
export const TRANSACTIONS: RunOptions = {
  ...STORM,
  lossRate: 0.02,
  stallRate: 0,
  delayMs: 1,
  syncMs: 1,
  tailRate: 0.01,
  killEveryMs: 900,
  powerEveryMs: 2000,
  pauseEveryMs: 1500,
  partitionEveryMs: 1500,
  transferEveryMs: 1200,
  usurpEveryMs: Infinity,
  clients: 1,
  expireRate: 0.05,
  transactionClients: 4,
};

/** Many clients that want the same few locks, and faults that make gateways silent. */
export const LOCKS: RunOptions = {
  ...TRANSACTIONS,
  pauseEveryMs: 400,
  partitionEveryMs: 500,
  transactionClients: 1,
  lockClients: 6,
};

/** Many clients that lock the same few rows. */
export const ROWS: RunOptions = { ...LOCKS, lockClients: 0, rowClients: 6 };

/** Transactions in parts, with values of a sequence, and faults that make gateways silent. */
export const PARTS: RunOptions = {
  ...TRANSACTIONS,
  pauseEveryMs: 600,
  partitionEveryMs: 800,
  stagedShare: 0.7,
  drawShare: 0.2,
};
