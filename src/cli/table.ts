// Rows as a table of text.

export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const widths = columns.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] ?? '-').length)),
  );
  const line = (cells: readonly (string | null)[]): string =>
    cells
      .map((cell, column) => (cell ?? '-').padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}
