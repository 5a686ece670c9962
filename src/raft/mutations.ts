// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md). Each is
// consulted at one place; production never sets one.

export interface RaftMutations {
  readonly voteNotDurable?: boolean;
  readonly candidateClaimsUndurableLog?: boolean;
  readonly ackBeforeFsync?: boolean;
  readonly truncateOnStaleAppend?: boolean;
  readonly ackLastIndex?: boolean;
  readonly commitEarlierTermByCounting?: boolean;
  readonly followerCommitWithoutMin?: boolean;
  readonly heartbeatCarriesFullCommit?: boolean;
  readonly noCommitBarrier?: boolean;
  readonly restartForgetsBarrier?: boolean;
  readonly readIndexConfirmedByEarlierRound?: boolean;
  readonly readBeforeOwnTermCommit?: boolean;
  readonly leaseFromCommitTime?: boolean;
  readonly preVoteGrantCountsAsVote?: boolean;
  readonly durableMarkNotLowered?: boolean;
  readonly logCheckIgnoresTerm?: boolean;
  /** Peers whose disks are full count as if they could take commands (R47). */
  readonly fullPeersCounted?: boolean;
}
