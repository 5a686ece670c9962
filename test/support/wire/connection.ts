// A connection to a server, as the tests of the wire protocol see it: bytes out, bytes in.

export interface WireConnection {
  /** The server has ended the connection, or close() was called. */
  readonly isClosed: boolean;
  send(bytes: Buffer): void;
  /** Waits until the server has nothing more to say; what it said since the last call. */
  settle(): Promise<Buffer>;
  close(): void;
}
