// What pg_proc, pg_operator and pg_cast of a new database show: the tables of this folder.
import type { ProgramFacts, RoutineFact } from '../../catalog/system/program-facts.ts';
import type { Oid } from '../../types/pg-type.ts';
import { ORDERED_SET_AGGREGATES } from './ordered-sets.ts';
import {
  ALL_AGGREGATES,
  ALL_CASTS,
  ALL_FUNCTIONS,
  ALL_OPERATORS,
  ALL_SET_FUNCTIONS,
} from './registry.ts';

/** Functions without a number of Postgres' get one from here on; nothing else is up there. */
const FIRST_OID = 7000;

const RECORD = 2249;

type Unnumbered = Omit<RoutineFact, 'oid'> & { readonly oid: Oid };

function routines(): readonly Unnumbered[] {
  return [
    ...ALL_FUNCTIONS.map((signature) => ({
      oid: signature.oid,
      name: signature.name,
      kind: 'f' as const,
      arguments: signature.arguments,
      result: signature.result,
      volatility: signature.volatility.charAt(0),
      isStrict: signature.isStrict,
      isVariadic: signature.isVariadic ?? false,
      returnsSet: false,
      defaultCount: signature.defaults?.length ?? 0,
    })),
    ...[...ALL_AGGREGATES, ...ORDERED_SET_AGGREGATES].map((signature) => ({
      oid: signature.oid,
      name: signature.name,
      kind: signature.isWindowOnly ? ('w' as const) : ('a' as const),
      arguments: signature.arguments,
      result: signature.result,
      volatility: 'i',
      isStrict: false,
      isVariadic: signature.isVariadic ?? false,
      returnsSet: false,
      defaultCount: 0,
    })),
    ...ALL_SET_FUNCTIONS.map((signature) => ({
      oid: signature.oid,
      name: signature.name,
      kind: 'f' as const,
      arguments: signature.arguments,
      result: signature.columns.length === 1 ? (signature.columns[0]?.type ?? RECORD) : RECORD,
      volatility: signature.volatility.charAt(0),
      isStrict: signature.isStrict,
      isVariadic: false,
      returnsSet: true,
      defaultCount: 0,
    })),
  ];
}

/** One row for each name and argument list, numbered without gaps. */
function numbered(all: readonly Unnumbered[]): readonly RoutineFact[] {
  const distinct = new Map<string, Unnumbered>();
  for (const routine of all) {
    const key = `${routine.name}(${routine.arguments.join(',')})`;
    if (!distinct.has(key)) distinct.set(key, routine);
  }
  let next = FIRST_OID;
  return [...distinct.values()].map((routine) =>
    routine.oid === 0 ? { ...routine, oid: next++ } : routine,
  );
}

export function programFacts(databaseName: string): ProgramFacts {
  return {
    databaseName,
    routines: numbered(routines()),
    operators: ALL_OPERATORS.map(({ name, left, right, result }) => ({
      name,
      left,
      right,
      result,
    })),
    casts: ALL_CASTS.map(({ source, target, context }) => ({
      source,
      target,
      context: context.charAt(0),
    })),
  };
}
