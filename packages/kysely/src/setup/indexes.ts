/** The columns of each index, from a row for each of its columns; an expression is none. */
export function indexesOf(
  rows: readonly { readonly index: string; readonly column: string | null }[],
): { readonly index: string; readonly columns: readonly string[] }[] {
  const indexes = new Map<string, string[]>();
  for (const { index, column } of rows) {
    const columns = indexes.get(index) ?? [];
    if (column !== null) columns.push(column);
    indexes.set(index, columns);
  }
  return [...indexes].map(([index, columns]) => ({ index, columns }));
}

/** A name for a unique index. */
export function indexName(table: readonly string[], columns: readonly string[], longest: number): string {
  return `${[table.at(-1), ...columns].join('_').slice(0, longest - 4)}_key`;
}
