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
  /** Statements of a transaction may tell something else than before (docs/transactions.md). */
  readonly digestsNotChecked?: boolean;
  /** Reads of a transaction are not looked at again. */
  readonly readsNotChecked?: boolean;
  /** Reads behind a write are taken for unchanged if their own tables are. */
  readonly fastCheckForgetsWrites?: boolean;
  /** Not a bug: all reads run again, as if every table had changed. */
  readonly exactCheckOnly?: boolean;
  /** A speculation goes on after other entries were applied, without looking at what they changed. */
  readonly resumeWithoutCheck?: boolean;
}
