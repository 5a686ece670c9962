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
  /** A session is closed though its gateway has shown itself after the leader looked. */
  readonly closeIgnoresNewerEntries?: boolean;
  /** Locks outlive the session that they belong to. */
  readonly locksOutliveSession?: boolean;
  /** Rows that other transactions have locked are written all the same. */
  readonly heldRowsWritten?: boolean;
  /** Tables that other transactions have locked are written all the same. */
  readonly heldTablesWritten?: boolean;
  /** A speculation that wrote tables which were locked behind it is committed as it is. */
  readonly heldTablesNotSeen?: boolean;
  /** Rows that foreign keys change are changed though others have locked them. */
  readonly keyActionsIgnored?: boolean;
  /** Rows that others have locked are referred to all the same. */
  readonly referredRowsIgnored?: boolean;
  /** A speculation that wrote rows which were locked behind it is committed as it is. */
  readonly heldRowsNotNoted?: boolean;
  /** Rows that a statement locks are given without asking for them. */
  readonly rowsNotAsked?: boolean;
  /** Rows whose locks the log refused are given all the same. */
  readonly refusedRowsGiven?: boolean;
  /** SKIP LOCKED looks for no other rows once some were refused. */
  readonly refusalEndsSearch?: boolean;
  /** At its commit SKIP LOCKED finds rows that its transaction has not locked. */
  readonly lockedRowsSearchedAgain?: boolean;
  /** Locks outlive the transaction that they belong to. */
  readonly locksOutliveTransaction?: boolean;
  /** Parts of a transaction run from the last to the first. */
  readonly partOrderIgnored?: boolean;
  /** Where a sequence is stays in memory. */
  readonly sequencesNotWritten?: boolean;
  /** Parts that were staged outlive the session that they belong to. */
  readonly partsOutliveSession?: boolean;
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
  /** A digest covers how many rows there were, and not what was in them. */
  readonly digestWithoutRows?: boolean;
  /** A digest covers that there was an error, and not which. */
  readonly digestWithoutError?: boolean;
  /** A speculation that is taken up again claims to hold for an entry that is yet to come. */
  readonly snapshotTooFar?: boolean;
  /** A speculation that is taken up again claims to hold no further than before. */
  readonly snapshotNotMoved?: boolean;
  /** What transactions write is not noted as changed. */
  readonly transactionsNotNoted?: boolean;
  /** A change of the schema is not noted as a change of all tables. */
  readonly schemaChangesNotNoted?: boolean;
  /** After a restart all tables are taken for unchanged since ever. */
  readonly changesForgottenOnRestart?: boolean;
  /** A replay has another time. */
  readonly nowNotReplayed?: boolean;
  /** A replay draws other random numbers. */
  readonly seedNotReplayed?: boolean;
  /** A replay leaves out SAVEPOINT and ROLLBACK TO. */
  readonly savepointsNotReplayed?: boolean;
  /** Deferred keys of a transaction are not looked at where it ends. */
  readonly deferredKeysNotChecked?: boolean;
  /** Not a bug: a speculation that is the next entry is run again, as on the other nodes. */
  readonly openNeverCommitted?: boolean;
  /** A speculation that was proposed is taken for the next entry, whichever that is. */
  readonly openNotCompared?: boolean;
  /** A speculation is committed as an entry though the entry is never to be executed. */
  readonly openCommittedUnseen?: boolean;
  /** What a speculation wrote is committed where it should be rolled back. */
  readonly parkedWritesStay?: boolean;
  /** A statement stays in the speculation though the client never heard of it. */
  readonly givenUpStatementsStay?: boolean;
  /** A transaction that is refused leaves its writes. */
  readonly conflictNotUndone?: boolean;
}
