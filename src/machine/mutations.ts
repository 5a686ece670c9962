// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md).

export interface MachineMutations {
  readonly appliedIndexInAnotherTransaction?: boolean;
  /** What comes out of order after a later number is taken for a duplicate (R102). */
  readonly dedupByHighestNumber?: boolean;
  readonly dedupForgotten?: boolean;
  /** A failure of the disk becomes a result instead of stopping the node (R54). */
  readonly fatalErrorAsResult?: boolean;
  /** Apply looks at a clock of its own (R53). */
  readonly nowFromWallClock?: boolean;
  readonly fenceIgnored?: boolean;
  readonly closedSessionExecutes?: boolean;
}
