// What the catalog shows of functions, operators and casts. They are the program's tables, above
// this folder, so whoever makes a database hands them in.
import type { Oid } from '../../types/pg-type.ts';

export interface RoutineFact {
  readonly oid: Oid;
  readonly name: string;
  /** pg_proc.prokind: f function, a aggregate, w window function. */
  readonly kind: 'f' | 'a' | 'w';
  readonly arguments: readonly Oid[];
  readonly result: Oid;
  /** i immutable, s stable, v volatile. */
  readonly volatility: string;
  readonly isStrict: boolean;
  readonly isVariadic: boolean;
  readonly returnsSet: boolean;
  readonly defaultCount: number;
}

export interface OperatorFact {
  readonly oid?: Oid;
  readonly name: string;
  readonly left: Oid;
  readonly right: Oid;
  readonly result: Oid;
}

export interface CastFact {
  readonly source: Oid;
  readonly target: Oid;
  /** i implicit, a assignment, e explicit. */
  readonly context: string;
}

export interface ProgramFacts {
  readonly databaseName: string;
  readonly routines: readonly RoutineFact[];
  readonly operators: readonly OperatorFact[];
  readonly casts: readonly CastFact[];
}

/** A catalog without functions: enough to resolve relations. */
export const NO_PROGRAM_FACTS: ProgramFacts = {
  databaseName: 'postgres',
  routines: [],
  operators: [],
  casts: [],
};
