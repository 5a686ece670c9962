// The name of a type as format_type() shows it.
import { typeByOid } from '../types/registry.ts';
import type { Oid } from '../types/pg-type.ts';
import { quoteIdentifier } from './quote-identifier.ts';
import { tryTypeFact } from './system/facts.ts';

/** `typmod` null: the type alone; -1: without a modifier, where `character(1)` differs. */
export function formatType(oid: Oid, typmod: number | null): string {
  if (oid === 0) return '-';
  const type = typeByOid(oid);
  if (type === null) {
    const fact = tryTypeFact(oid);
    if (fact === null) return '???';
    const element = fact.category === 'A' && fact.element !== 0 && fact.length === -1;
    return element && fact.name.startsWith('_')
      ? `${formatType(fact.element, typmod)}[]`
      : quoteIdentifier(fact.name);
  }
  if (type.elementOid !== 0 && type.name.startsWith('_')) {
    return `${formatType(type.elementOid, typmod)}[]`;
  }
  if (typmod !== null && typmod >= 0 && type.formatWithTypmod !== undefined) {
    return type.formatWithTypmod(typmod);
  }
  // `character` alone would be read as character(1), `bit` as bit(1).
  if (typmod === -1 && type.name === 'bpchar') return 'bpchar';
  if (typmod === -1 && type.name === 'bit') return '"bit"';
  return type.displayName;
}
