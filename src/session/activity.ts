// What pg_stat_activity shows of a session (PG: 28.2.3), and what pg_cancel_backend() and
// pg_terminate_backend() do to one. Sessions of other nodes are not known here.

export interface Activity {
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly state: string;
  /** The last one, or the one that runs. */
  readonly query: string;
}

/** The sessions of the node, for one of them. */
export interface Sessions {
  all(): readonly Activity[];
  /** False: there is no such session. `isEnd`: the session ends, not only its statement. */
  signal(pid: number, isEnd: boolean): boolean;
}

/** Where nobody knows of others. */
export const NO_SESSIONS: Sessions = { all: () => [], signal: () => false };
