// What a client is told whose statement has waited too long, or is not waited for any more: for what
// it waited, and whether it takes effect.
import { PgError } from '../errors/pg-error.ts';
import type { PgErrorFields } from '../errors/pg-error.ts';
import type { Index } from '../raft/entry.ts';
import type { RunOptions } from '../session/backend.ts';
import { monotonicMs } from './clock.ts';
import type { SharedState } from './shared-state.ts';

const STALE_HINT = 'SET balsa.read_consistency = stale reads what this node has.';
const OTHER_NODES_HINT = 'Another node may be ahead of this one.';

/** Why nothing came: the cluster cannot be reached, or this node has not applied what it has. */
interface Cause {
  readonly code: '53100' | '57014';
  readonly text: string;
  readonly hint: string;
}

/** null: this node has applied all that it knows to be committed, `needed` among it. */
function causeHere(shared: SharedState, needed: Index): Cause | null {
  const applied = shared.appliedIndex();
  const committed = Math.max(needed, shared.consensus().commitIndex);
  if (applied >= committed) return null;
  const far = `it has applied ${applied} of ${committed} entries of the log`;
  return shared.isMissingRoom()
    ? {
        code: '53100',
        text: `no space left on the disk of this node: ${far}`,
        hint: OTHER_NODES_HINT,
      }
    : { code: '57014', text: `this node is behind: ${far}`, hint: OTHER_NODES_HINT };
}

export function canceled(): PgError {
  return new PgError('57014', 'canceling statement due to user request');
}

export function statementTimeout(): PgError {
  return new PgError('57014', 'canceling statement due to statement timeout');
}

/** A read that took `ms` without a pause. */
export function keptOthers(ms: number): PgError {
  return new PgError(
    '57014',
    `canceling statement: it kept this node from its other clients for ${ms / 1000} s`,
    { hint: 'Read less at a time.' },
  );
}

/** When waiting for the cluster ends, monotonic ms. */
export function deadlineOf({ commitTimeoutMs, statementTimeoutMs }: RunOptions): number {
  const limits = [commitTimeoutMs, statementTimeoutMs].filter((limit) => limit > 0);
  return limits.length === 0 ? Infinity : monotonicMs() + Math.min(...limits);
}

function isStatementTimeout({ commitTimeoutMs, statementTimeoutMs }: RunOptions): boolean {
  return statementTimeoutMs > 0 && (commitTimeoutMs === 0 || statementTimeoutMs <= commitTimeoutMs);
}

/** A read that waited for this node to have all up to `needed`; null: nobody said up to where. */
export function lateRead(shared: SharedState, needed: Index | null, options: RunOptions): PgError {
  // Where nobody said so, this node's own log does not tell how far it has to come.
  const here = needed === null ? null : causeHere(shared, needed);
  const { code, text, hint } = here ?? {
    code: '57014',
    text: 'no majority of the cluster can be reached',
    hint: STALE_HINT,
  };
  if (isStatementTimeout(options)) {
    const detail = `It waited: ${text}.`;
    return new PgError('57014', 'canceling statement due to statement timeout', { detail, hint });
  }
  const hints = here === null ? hint : `${hint} ${STALE_HINT}`;
  return new PgError(code, `canceling statement: ${text}`, { hint: hints });
}

/** A write that was given up, and does not take effect. */
export function lateWrite(shared: SharedState, options: RunOptions): PgError {
  if (options.cancellation.isCanceled) return canceled();
  if (isStatementTimeout(options)) return statementTimeout();
  return lateEntry(shared, { detail: 'The transaction did not take effect, and never will.' });
}

/** A lock that was asked for: nothing was heard of it, not even that it is waited for. */
export function lateLock(shared: SharedState): PgError {
  return lateEntry(shared, {});
}

function lateEntry(shared: SharedState, fields: PgErrorFields): PgError {
  const here = causeHere(shared, 0);
  const { code, text } = here ?? {
    code: '57014',
    text: 'no majority of the cluster confirmed it in time',
  };
  const message = `canceling statement due to balsa.commit_timeout: ${text}`;
  return new PgError(code, message, here === null ? fields : { ...fields, hint: here.hint });
}

/** A lock that was waited for: it may be free for long where this node is behind. */
export function lockTimeout(shared: SharedState): PgError {
  const here = causeHere(shared, 0);
  const message = 'canceling statement due to lock timeout';
  if (here === null) return new PgError('55P03', message);
  return new PgError('55P03', message, { detail: `It waited: ${here.text}.`, hint: here.hint });
}

/** A write that was given up, of which nobody knows. */
export function unknownWrite(shared: SharedState): PgError {
  const here = causeHere(shared, 0);
  if (here === null) {
    return new PgError(
      '08007',
      'no majority of the cluster confirmed the transaction in time: it is not known whether it takes effect',
      { hint: 'Look at the data before trying again, once a majority can be reached.' },
    );
  }
  return new PgError(
    '08007',
    `${here.text}, and it is not known whether the transaction takes effect`,
    { hint: `Look at the data before trying again. ${here.hint}` },
  );
}
