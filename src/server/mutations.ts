// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md).

export interface TransactionMutations {
  /** COMMIT proposes the writes alone. */
  readonly readsNotProposed?: boolean;
  /** COMMIT claims that what was told holds up to whatever is applied. */
  readonly snapshotOfCommit?: boolean;
  /** What is changed through the actions of foreign keys is not told as changed. */
  readonly cascadesNotNoted?: boolean;
  /** Statements are run alone also if they look at what their transaction wrote. */
  readonly othersNotLookedAt?: boolean;
  /** Statements are taken to mean the same in every schema. */
  readonly schemaNotComparedAgain?: boolean;
}
