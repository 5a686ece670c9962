// Names of Postgres objects as names in SQLite, where letters A-Z and a-z are the same, `sqlite_` is
// reserved and there are no schemas. The encoding is injective: `^` stands before an upper-case
// ASCII letter, before `^` itself, before a dot, and before a leading `sqlite_`.

const MARKED = /[A-Z^.]/g;

function encodePart(name: string): string {
  const marked = name.replace(MARKED, '^$&');
  return marked.startsWith('sqlite_') ? `^${marked}` : marked;
}

/** The SQLite name of a table or index: `public.orders`. */
export function sqliteRelationName(schema: string, name: string): string {
  return `${encodePart(schema)}.${encodePart(name)}`;
}

/** The SQLite name of a column. */
export function sqliteColumnName(name: string): string {
  return encodePart(name);
}

/** Splits a SQLite name at its dots into the parts it was made of. */
export function sqliteNameParts(sqliteName: string): readonly string[] {
  const parts: string[] = [''];
  for (let i = 0; i < sqliteName.length; i += 1) {
    const char = sqliteName.charAt(i);
    if (char === '.') parts.push('');
    else if (char === '^') parts[parts.length - 1] += sqliteName.charAt((i += 1));
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** An identifier as SQLite reads it, whatever it contains (invariant C2). */
export function quoteSqlite(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
