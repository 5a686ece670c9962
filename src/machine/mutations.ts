// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md).

export interface MachineMutations {
  readonly appliedIndexInAnotherTransaction?: boolean;
  readonly dedupByHighestNumber?: boolean;
  readonly dedupForgotten?: boolean;
  readonly fenceIgnored?: boolean;
  readonly closedSessionExecutes?: boolean;
}
