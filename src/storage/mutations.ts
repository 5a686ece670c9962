// Bugs that can be switched on, to prove that the tests would find them (docs/testing.md).

export interface StorageMutations {
  readonly voteForgottenOnRestart?: boolean;
  readonly hardStateAfterEntries?: boolean;
  readonly durableBeforeFsync?: boolean;
  readonly tornTailRuleForCorruptMiddle?: boolean;
  readonly fsyncErrorIgnored?: boolean;
}
