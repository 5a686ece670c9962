// What the compiler makes of a COPY.
import type { Oid } from '../../types/pg-type.ts';
import type { CommandTag, QueryPlan } from '../plan.ts';
import type { CopyOptions } from './options.ts';

export interface CopyField {
  readonly name: string;
  readonly type: Oid;
  /** Of a column that is written. */
  readonly typmod: number;
}

export interface CopyPlan {
  readonly kind: 'copy';
  readonly tag: CommandTag;
  readonly direction: 'from' | 'to';
  /** FROM: writes the rows that its one parameter holds (types/value-rows.ts). TO: gives them. */
  readonly query: QueryPlan;
  readonly options: CopyOptions;
  /** The table's name, as the context of errors has it; empty for a query. */
  readonly relationName: string;
  readonly fields: readonly CopyField[];
  /** None of its own: as for other statements. */
  readonly parameterTypes: readonly Oid[];
  readonly columns: null;
}
