// Every time and size of the transport that is not part of the format. Tests shorten the times;
// a node runs with the defaults.

export interface TransportLimits {
  /** A connection has to be up this long after it began, on both sides, ms. */
  readonly handshakeMs: number;
  /** Time between two pings of a connection, ms. */
  readonly pingMs: number;
  /** Pings in a row without any sign of life, after which the peer is declared down. */
  readonly silentPingsMax: number;
  /** An incoming connection on which nothing is heard is closed, ms. Longer than pings may pause. */
  readonly idleMs: number;
  /** The pause before the first attempt to connect again, and the longest, ms. */
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** Unsent bytes of a connection, beyond which messages are dropped. */
  readonly controlBacklogBytesMax: number;
  readonly bulkBacklogBytesMax: number;
  /** Messages of one turn share a frame up to this many bytes (R111). */
  readonly batchBytesMax: number;
  /** Connections that have not said who they are: in all, and from one address. */
  readonly strangersMax: number;
  readonly strangersPerAddressMax: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  handshakeMs: 3000,
  pingMs: 500,
  silentPingsMax: 6,
  idleMs: 15_000,
  backoffFirstMs: 50,
  backoffMaxMs: 1000,
  controlBacklogBytesMax: 4 * 1024 * 1024,
  bulkBacklogBytesMax: 32 * 1024 * 1024,
  batchBytesMax: 256 * 1024,
  strangersMax: 128,
  strangersPerAddressMax: 32,
};
