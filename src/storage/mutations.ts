// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md).

export interface StorageMutations {
  readonly voteForgottenOnRestart?: boolean;
  readonly hardStateAfterEntries?: boolean;
  readonly durableBeforeFsync?: boolean;
  readonly tornTailRuleForCorruptMiddle?: boolean;
  readonly fsyncErrorIgnored?: boolean;
  /** Entries that found no room count as written. */
  readonly noRoomTakenForSuccess?: boolean;
  /** So do votes. */
  readonly voteWithoutRoom?: boolean;
  /** Entries that wait for room are never tried again. */
  readonly waitsForRoomForEver?: boolean;
  /** A disk that was full is good again without a new ballast. */
  readonly ballastNotTakenBack?: boolean;
  /** What recovery could write of a segment takes the place of the segment. */
  readonly halfSegmentTaken?: boolean;
  /** The first copy of the vote is written over though the other one is damaged. */
  readonly onlyVoteWrittenOver?: boolean;
}
