// What else is made of an aggregate: its form over windows, and the one for DISTINCT.
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow } from './bounds.ts';
import type { AggregateSignature, CallContext } from './signature.ts';

type Implementation = Extract<AggregateSignature['implementation'], { readonly kind: 'js' }>;
type Step = (state: unknown, args: readonly SqliteValue[], context: CallContext) => unknown;

export interface AggregateCalls {
  start(): unknown;
  readonly step: Step;
  /** Takes the oldest row out again. */
  readonly inverse?: Step;
  finish(state: unknown, context: CallContext): SqliteValue;
}

interface Frame {
  readonly rows: (readonly SqliteValue[])[];
  /** The aggregate's own state over the rows; null: a row has left, so it must be made anew. */
  inner: { state: unknown } | null;
}

/** Rows that leave the frame are not subtracted, as that would lose digits: the rest is added up. */
export function windowed(implementation: Implementation): AggregateCalls {
  if (implementation.inverse !== undefined) return implementation;
  const { start, step, finish } = implementation;
  return {
    start: (): Frame => ({ rows: [], inner: { state: start() } }),
    step(state, args, context) {
      const frame = state as Frame;
      context.keep(bytesOfRow(args));
      frame.rows.push(args);
      if (frame.inner !== null) frame.inner.state = step(frame.inner.state, args, context);
      return frame;
    },
    inverse(state) {
      const frame = state as Frame;
      frame.rows.shift();
      frame.inner = null;
      return frame;
    },
    finish(state, context) {
      const frame = state as Frame;
      if (frame.inner === null) {
        context.spend(frame.rows.length);
        let folded = start();
        for (const row of frame.rows) folded = step(folded, row, context);
        frame.inner = { state: folded };
      }
      return finish(frame.inner.state, context);
    },
  };
}

interface Distinct {
  readonly seen: Set<string>;
  inner: unknown;
}

/** The type of the value comes first; rows with equal arguments count once. */
export function distinct(
  { start, step, finish }: Implementation,
  valueIndex: number,
): AggregateCalls {
  return {
    start: (): Distinct => ({ seen: new Set(), inner: start() }),
    step(state, [type, ...args], context) {
      const all = state as Distinct;
      const { keyOf } = mustType(Number(type));
      const text = args
        .map((arg, at) =>
          identity(at === valueIndex && arg !== null && keyOf !== undefined ? keyOf(arg) : arg),
        )
        .join('\0');
      if (all.seen.has(text)) return all;
      context.keep(text.length);
      all.seen.add(text);
      all.inner = step(all.inner, args, context);
      return all;
    },
    finish: (state, context) => finish((state as Distinct).inner, context),
  };
}

function identity(value: SqliteValue): string {
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  return value === null ? 'n' : `${typeof value}${String(value)}`;
}
