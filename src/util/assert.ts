// Assertions that stay on in production. A failed one is our own bug (docs/architecture.md,
// "Three kinds of failure"): nothing catches it, the process logs it and exits.

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** The value, which the caller knows to be present; `why` names what is broken when it is not. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new InvariantViolation(why);
  return value;
}

/** Ends a switch over a union: a compile error when a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable: ${JSON.stringify(value)}`);
}
