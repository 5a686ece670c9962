// A table as the functions of the catalog show it: the same lines from Postgres and from us.

/** Columns, defaults, constraints and indexes of a table, a query each; $ stands for its name. */
export const DESCRIBE_QUERIES = [
  `SELECT 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
     || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
     || CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text ELSE '' END
     || coalesce((SELECT ' default ' || pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
          WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum), '')
   FROM pg_attribute a WHERE a.attrelid = to_regclass('$') AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY a.attnum`,
  `SELECT 'constraint ' || conname || ' ' || contype::text || ' ' || pg_get_constraintdef(oid)
     || ' | ' || pg_get_constraintdef(oid, true) || ' | ' || coalesce(conkey::text, '')
   FROM pg_constraint WHERE conrelid = to_regclass('$') ORDER BY conname`,
  `SELECT 'index ' || pg_get_indexdef(i.indexrelid) || ' | ' || pg_get_indexdef(i.indexrelid, 0, true)
     || ' | ' || i.indkey::text || ' / ' || i.indclass::text || ' / ' || i.indoption::text || ' / ' || i.indcollation::text
   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
   WHERE i.indrelid = to_regclass('$') ORDER BY c.relname`,
];

export async function describeTable(
  name: string,
  query: (sql: string) => Promise<readonly (readonly unknown[])[]>,
): Promise<string> {
  const lines: string[] = [];
  for (const text of DESCRIBE_QUERIES) {
    for (const [line] of await query(text.replaceAll('$', name.replaceAll("'", "''")))) {
      lines.push(String(line));
    }
  }
  return lines.join('\n');
}
