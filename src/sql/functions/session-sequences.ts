// What a session has got from sequences: currval() and lastval(). Travels as the fact `@sequences`.
import type { Oid } from '../../types/pg-type.ts';

export interface SessionSequences {
  /** The sequence that nextval() was called for last, 0: none. */
  last: Oid;
  readonly values: Map<Oid, bigint>;
}

/** `LAST OID=VALUE ...` */
export function readSessionSequences(text: string | null): SessionSequences {
  const [last = '', ...pairs] = (text ?? '').split(' ');
  const values = pairs.map((pair): [Oid, bigint] => {
    const [oid = '', value = ''] = pair.split('=');
    return [Number(oid), BigInt(value)];
  });
  return { last: Number(last), values: new Map(values) };
}

export function writeSessionSequences({ last, values }: SessionSequences): string {
  return [String(last), ...[...values].map(([oid, value]) => `${oid}=${value}`)].join(' ');
}
